import { TokenError } from '../token/token-error.ts';
import { ClaimPath, type Claims, claimText } from './claim-path.ts';
import { requireName } from './principal-name.ts';

/** The user can change it at many providers, until they have verified it. */
const EMAIL = 'email';

const MAX_LENGTH = 1024;

/** How the name of a user is made of the claims of a token, such as `ci/${repository}`. */
export class UserTemplate {
  /** The text with which every name begins; may be empty. */
  readonly prefix: string;
  /** As a template. */
  readonly source: string;
  readonly #parts: ReadonlyArray<string | ClaimPath>;

  private constructor(parts: ReadonlyArray<string | ClaimPath>) {
    this.#parts = parts;
    const [first] = parts;
    this.prefix = typeof first === 'string' ? first : '';
    this.source = parts.map((part) => (typeof part === 'string' ? part : `\${${part.source}}`)).join('');
  }

  /**
   * Reads a template: `${claim}` stands for a claim, everything else for itself.
   * @throws Error that says what is wrong
   */
  static parse(text: string): UserTemplate {
    if (text.length > MAX_LENGTH) throw new Error(`it has more than ${MAX_LENGTH} characters`);
    const parts = text.split(/(\$\{[^}]*\})/).filter((part) => part !== '');
    if (!parts.some(isVariable)) {
      const example = /^[\w.]+$/.test(text) ? text : 'sub';
      throw new Error(`it names no claim; write \${${example}} in it, or {claim: ${example}}`);
    }
    if (parts.some((part) => !isVariable(part) && part.includes('${'))) throw new Error('a "${" in it has no "}"');
    if (parts.some((part, index) => isVariable(part) && isVariable(parts[index + 1] ?? ''))) {
      throw new Error(
        'two claims follow each other, so that different ones could make one name; put a text between them',
      );
    }
    return new UserTemplate(parts.map((part) => (isVariable(part) ? ClaimPath.parse(part.slice(2, -1)) : part)));
  }

  /** The claim as it is, with a text before it. */
  static ofClaim(claim: ClaimPath, prefix = ''): UserTemplate {
    return new UserTemplate(prefix === '' ? [claim] : [prefix, claim]);
  }

  /** @throws TokenError when a claim is missing, is not a text or a number, or does not fit a name */
  nameOf(claims: Claims): string {
    const name = this.#parts.map((part) => (typeof part === 'string' ? part : textOf(part, claims))).join('');
    return requireName(name, 'its name for a user');
  }
}

function isVariable(part: string): boolean {
  return part.startsWith('${') && part.endsWith('}');
}

function textOf(path: ClaimPath, claims: Claims): string {
  const text = claimText(path.find(claims));
  if (text === undefined || text === '') {
    throw new TokenError(`its claim "${path.source}" is missing or not a text, so that it names no user`);
  }
  const isVerified: unknown = Object.hasOwn(claims, 'email_verified') ? claims['email_verified'] : true;
  if (path.source === EMAIL && isVerified !== true && isVerified !== 'true') {
    throw new TokenError('its claim "email_verified" is not true, so that its email names no user');
  }
  return text;
}
