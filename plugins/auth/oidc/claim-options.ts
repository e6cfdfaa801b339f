import { isJsonObject } from '../../../core/model/descriptor.ts';
import { TextPattern } from '../../patterns/text-pattern.ts';
import { ClaimPath, claimText } from './claim-path.ts';
import type { GroupMapping } from './group-mapping.ts';
import { requireName } from './principal-name.ts';
import { mapOf, shown, textsOf } from './read-option.ts';
import type { RequiredClaim } from './required-claims.ts';
import { UserTemplate } from './user-template.ts';

const USERNAME = 'must be a template such as "ci/${repository}", or {claim: preferred_username}';
const GROUPS = 'must be a list of groups, or {claim: groups, prefix: "team:"}';
const REQUIRED = 'must be a map of claims to patterns, such as {repository_owner: example}';

/**
 * The option `username`.
 * @param issuer its text before the claim `sub` makes the default, because only both together name a user
 * @throws Error that says what is wrong
 */
export function readUsername(value: unknown, issuer: string): UserTemplate {
  if (value === undefined) return UserTemplate.ofClaim(ClaimPath.of(['sub']), `${issuer.replace(/^\w+:\/\//, '')}#`);
  if (typeof value === 'string') return within(value, () => UserTemplate.parse(value));
  return UserTemplate.ofClaim(readPath(mapOf(value, ['claim'], USERNAME)['claim'], USERNAME));
}

/**
 * The option `groups`.
 * @throws Error that says what is wrong
 */
export function readGroups(value: unknown): GroupMapping {
  if (value === undefined) return { fixed: [] };
  if (Array.isArray(value)) {
    return { fixed: textsOf(value, GROUPS).map((group) => within(group, () => requireName(group, 'the group'))) };
  }
  const { claim, prefix = '', optional = false } = mapOf(value, ['claim', 'prefix', 'optional'], GROUPS);
  if (typeof prefix !== 'string')
    throw new Error(`must have a text as prefix, found ${shown(prefix)}; put it in quotes`);
  if (typeof optional !== 'boolean') throw new Error(`must have true or false as optional, found ${shown(optional)}`);
  return { claim: readPath(claim, GROUPS), prefix, isOptional: optional };
}

/**
 * The option `required_claims`.
 * @throws Error that says what is wrong
 */
export function readRequiredClaims(value: unknown): readonly RequiredClaim[] {
  if (value === undefined) return [];
  if (!isJsonObject(value)) throw new Error(`${REQUIRED}, found ${shown(value)}`);
  const claims = Object.entries(value).map(([claim, patterns]): RequiredClaim => {
    return { path: within(claim, () => ClaimPath.parse(claim)), patterns: readPatterns(claim, patterns) };
  });
  if (claims.length === 0) throw new Error('is empty, so that it requires nothing; name a claim, or remove it');
  return claims;
}

function readPatterns(claim: string, value: unknown): readonly TextPattern[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.length === 0) throw new Error(`has no pattern for "${claim}"`);
  return list.map((item) => {
    const text = claimText(item);
    if (text === undefined) {
      throw new Error(
        `has ${shown(item)} for "${claim}"; write a pattern, true, false, a whole number, or a list of them`,
      );
    }
    return within(text, () => new TextPattern(text));
  });
}

/** A claim by its path as a text, or as the list of its names. */
function readPath(value: unknown, what: string): ClaimPath {
  if (Array.isArray(value)) return within(value, () => ClaimPath.of(textsOf(value, what)));
  if (typeof value !== 'string') throw new Error(`${what}, found ${shown(value)} as claim`);
  return within(value, () => ClaimPath.parse(value));
}

function within<Value>(value: unknown, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    throw new Error(`${shown(value)} cannot be used: ${(error as Error).message}`, { cause: error });
  }
}
