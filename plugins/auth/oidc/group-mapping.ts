import { isJsonObject } from '../../../core/model/descriptor.ts';
import { TokenError } from '../token/token-error.ts';
import { type ClaimPath, type Claims, claimText } from './claim-path.ts';
import { requireName } from './principal-name.ts';

/** A user in more groups would have tokens that no header holds. */
const MAX_GROUPS = 500;

/** The groups of a user: always the same, or those in a claim, with a text before each. */
export type GroupMapping =
  | { readonly fixed: readonly string[] }
  | {
      readonly claim: ClaimPath;
      readonly prefix: string;
      /** Whether a token without the claim is of a user without groups; otherwise it is refused. */
      readonly isOptional: boolean;
    };

/**
 * The groups of a token, each once.
 * @throws TokenError when the claim is missing, unless it is optional, or neither a text nor a list of texts, or when a group
 *   does not fit a name: without one of its groups, a user could do what a rule denies to that group
 */
export function groupsOf(mapping: GroupMapping, claims: Claims): readonly string[] {
  if ('fixed' in mapping) return mapping.fixed;
  const { claim, prefix, isOptional } = mapping;
  const value = claim.find(claims);
  if (value === undefined) {
    requireHere(claim, claims);
    if (isOptional) return [];
    throw new TokenError(
      `it has no claim "${claim.source}", so that its groups are unknown; with optional: true beside the claim, it has none`,
    );
  }
  const elements: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (elements.length > MAX_GROUPS) {
    throw new TokenError(`its claim "${claim.source}" has more than ${MAX_GROUPS} groups`);
  }
  const groups = elements.map((element) => {
    const text = claimText(element);
    if (text === undefined || text === '') {
      throw new TokenError(`its claim "${claim.source}" is not a list of texts, so that it names no groups`);
    }
    return requireName(`${prefix}${text}`, 'the name of one of its groups');
  });
  return [...new Set(groups)];
}

/** A provider leaves out a long list, and says where it is instead (OpenID Connect Core, section 5.6.2). */
function requireHere(claim: ClaimPath, claims: Claims): void {
  const elsewhere = claims['_claim_names'];
  if (isJsonObject(elsewhere) && claim.find(elsewhere) !== undefined) {
    throw new TokenError(`its claim "${claim.source}" is not in the token, because the user has too many groups`);
  }
}
