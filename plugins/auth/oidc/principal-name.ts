import { TokenError } from '../token/token-error.ts';

/** Enough for `ci/` before the longest repository of GitHub, and for service accounts of Kubernetes. */
export const MAX_NAME_LENGTH = 255;
/** Control characters, marks that change the direction of text, separators of lines, and what is no character. */
const UNSUITABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Cn}\p{Zl}\p{Zp}]/u;

/**
 * Checks the name of a user or a group that a token brings.
 * @param what what the name is made of, for the message, which never quotes it
 * @throws TokenError when it is empty, too long, or has characters that no name may have
 */
export function requireName(name: string, what: string): string {
  if (name.trim() !== name || name === '') throw new TokenError(`${what} is empty, or begins or ends with a space`);
  if (name.length > MAX_NAME_LENGTH) throw new TokenError(`${what} has more than ${MAX_NAME_LENGTH} characters`);
  if (UNSUITABLE.test(name)) throw new TokenError(`${what} has characters that no name may have`);
  return name;
}
