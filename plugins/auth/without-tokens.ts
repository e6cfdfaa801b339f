import { TOKEN_PREFIX } from './personal/token-format.ts';

/** A personal access token, also one that was cut off: all but its id is secret. */
const PERSONAL = new RegExp(`(${TOKEN_PREFIX}[0-9a-z]+)_\\w*`, 'g');
/** A JSON Web Token, such as one of an OpenID Connect provider, or a refresh token. Each begins at the start of a word, so matching takes linear time. */
const JSON_WEB = /(?<![\w-])eyJ[\w-]+\.[\w-]+(?:\.[\w-]*)*/g;

/**
 * A line of a log, or a part of one, without the tokens in it: people send them as the name of a user, or in a path. A personal
 * access token becomes `stowage_pat_<id>`, by which it can be revoked, and a JSON Web Token becomes `eyJ…`.
 */
export function withoutTokens(text: string): string {
  const isShort = !text.includes(TOKEN_PREFIX) && !text.includes('eyJ');
  return isShort ? text : text.replaceAll(PERSONAL, '$1').replaceAll(JSON_WEB, 'eyJ…');
}
