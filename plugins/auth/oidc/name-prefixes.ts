import { TokenError } from '../token/token-error.ts';

/** Names that belong to one issuer: the texts with which they begin, for all issuers. */
export interface NamePrefixes {
  /** Of users. */
  readonly users: readonly string[];
  /** Of groups that come from claims. */
  readonly groups: readonly string[];
  /** The groups that other issuers give to all of their users, unless both share their names. */
  readonly groupsOfOthers: ReadonlySet<string>;
}

/**
 * Requires that no other issuer has a longer prefix with which the name begins: a name belongs to the issuer with the longest
 * one. So a user of one provider cannot choose a name that means a user of another one.
 * @throws TokenError
 */
export function requireOwn(name: string, prefix: string, prefixes: readonly string[]): void {
  if (prefixes.some((other) => other.length > prefix.length && name.startsWith(other))) throw foreign();
}

/**
 * Requires that no other issuer has such a prefix of groups, or gives this group to all of its users.
 * @throws TokenError
 */
export function requireOwnGroup(name: string, prefix: string, { groups, groupsOfOthers }: NamePrefixes): void {
  requireOwn(name, prefix, groups);
  if (groupsOfOthers.has(name)) throw foreign();
}

function foreign(): TokenError {
  return new TokenError('its user or one of its groups has a name that belongs to another issuer');
}
