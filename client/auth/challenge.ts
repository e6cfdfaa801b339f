/** A challenge in the header `WWW-Authenticate`. */
export type Challenge =
  | { readonly kind: 'basic' }
  | {
      readonly kind: 'bearer';
      /** The URL of the token server. */
      readonly realm: string;
      readonly service: string | undefined;
      /** The scopes that the token must have, as far as the registry states them. */
      readonly scopes: readonly string[];
    };

const SCHEME = /[A-Za-z][A-Za-z0-9-]*(?= +[A-Za-z][\w-]* *=| *(?:,|$))/y;
const PARAMETER = /([A-Za-z][\w-]*) *= *(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))/y;
const SPACE = /[ \t,]*/y;
/** A longer header is no challenge. */
const MAX_HEADER_LENGTH = 64 * 1024;

/**
 * Parses the challenges of an answer (RFC 9110 section 11.6.1), from one or several headers. Unknown schemes, and a
 * Bearer challenge without a realm, are skipped.
 */
export function parseChallenges(headers: readonly string[]): Challenge[] {
  return headers.flatMap(parseHeader);
}

function parseHeader(header: string): Challenge[] {
  if (header.length > MAX_HEADER_LENGTH) return [];
  const challenges: Challenge[] = [];
  let at = skip(header, 0);
  while (at < header.length) {
    SCHEME.lastIndex = at;
    const scheme = SCHEME.exec(header)?.[0];
    if (scheme === undefined) break;
    const parameters = new Map<string, string>();
    at = skip(header, at + scheme.length);
    for (;;) {
      PARAMETER.lastIndex = at;
      const match = PARAMETER.exec(header);
      if (match === null) break;
      const [text, name = '', quoted, plain = ''] = match;
      parameters.set(name.toLowerCase(), quoted === undefined ? plain : quoted.replaceAll(/\\(.)/g, '$1'));
      at = skip(header, at + text.length);
    }
    challenges.push(...challengeOf(scheme.toLowerCase(), parameters));
  }
  return challenges;
}

function skip(header: string, at: number): number {
  SPACE.lastIndex = at;
  return at + (SPACE.exec(header)?.[0].length ?? 0);
}

function challengeOf(scheme: string, parameters: ReadonlyMap<string, string>): Challenge[] {
  if (scheme === 'basic') return [{ kind: 'basic' }];
  const realm = parameters.get('realm');
  if (scheme !== 'bearer' || realm === undefined) return [];
  const scopes = (parameters.get('scope') ?? '').split(' ').filter((scope) => scope !== '');
  return [{ kind: 'bearer', realm, service: parameters.get('service'), scopes }];
}
