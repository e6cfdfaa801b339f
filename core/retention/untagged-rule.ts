import type { RepositoryName } from '../model/reference.ts';
import type { NameMatcher } from './retention-rule.ts';

/** How long manifests stay to which no tag leads. */
export interface UntaggedRule {
  readonly repositories: readonly NameMatcher[];
  /** In milliseconds, since a collection has first found them without a tag. */
  readonly afterMs: number;
}

/** How long such manifests stay in a repository, by the first rule for it; `undefined` without one: for ever. */
export function untaggedAfterMs(rules: readonly UntaggedRule[], name: RepositoryName): number | undefined {
  return rules.find(({ repositories }) => repositories.some((pattern) => pattern.matches(name)))?.afterMs;
}
