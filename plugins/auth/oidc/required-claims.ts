import type { TextPattern } from '../../patterns/text-pattern.ts';
import { TokenError } from '../token/token-error.ts';
import { type ClaimPath, type Claims, claimText } from './claim-path.ts';

/** A claim that a token must have. */
export interface RequiredClaim {
  readonly path: ClaimPath;
  /** One of them must match. */
  readonly patterns: readonly TextPattern[];
}

/**
 * Requires a value of each claim that a pattern matches. Of a list, one element suffices.
 * @throws TokenError that names the first claim that is missing or different
 */
export function requireClaims(required: readonly RequiredClaim[], claims: Claims): void {
  for (const { path, patterns } of required) {
    const value = path.find(claims);
    if (value === undefined) throw new TokenError(`it has no claim "${path.source}", which required_claims names`);
    const elements: readonly unknown[] = Array.isArray(value) ? value : [value];
    const isMet = elements.some((element) => {
      const text = claimText(element);
      return text !== undefined && patterns.some((pattern) => pattern.matches(text));
    });
    if (!isMet) throw new TokenError(`its claim "${path.source}" is not as required_claims has it`);
  }
}
