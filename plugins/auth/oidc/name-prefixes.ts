import { TokenError } from '../token/token-error.ts';

/** The texts with which names begin, for all issuers. */
export interface NamePrefixes {
  /** Of users. */
  readonly users: readonly string[];
  /** Of groups that come from claims. */
  readonly groups: readonly string[];
}

/**
 * Requires that no other issuer has a longer prefix with which the name begins: a name belongs to the issuer with the longest
 * one. So a user of one provider cannot choose a name that means a user of another one.
 * @throws TokenError
 */
export function requireOwn(name: string, prefix: string, prefixes: readonly string[]): void {
  if (prefixes.some((other) => other.length > prefix.length && name.startsWith(other))) {
    throw new TokenError('its user or one of its groups has a name that belongs to another issuer');
  }
}
