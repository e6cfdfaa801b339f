import { MAX_NAME_LENGTH } from '../../core/model/reference.ts';
import type { PolicyRule } from './policy-rule.ts';
import type { RepositoryRulePattern } from './repository-rule-pattern.ts';

/** A rule, indexed by one of its patterns. */
export interface IndexedRule {
  readonly rule: PolicyRule;
  readonly pattern: RepositoryRulePattern;
}

/**
 * Finds the rules for a repository. Names are found directly, and patterns by the segments that they begin with, so the
 * time does not grow with the number of rules for other repositories.
 */
export class RuleIndex {
  readonly #byName = new Map<string, IndexedRule[]>();
  readonly #byPrefix = new Map<string, IndexedRule[]>();

  constructor(rules: readonly PolicyRule[]) {
    for (const rule of rules) {
      for (const pattern of rule.repositories) {
        const place = pattern.isName ? this.#byName : this.#byPrefix;
        const list = place.get(pattern.prefix) ?? [];
        list.push({ rule, pattern });
        place.set(pattern.prefix, list);
      }
    }
  }

  /** The rules whose pattern covers the repository, for any user, in no particular order. */
  about(repository: string): readonly IndexedRule[] {
    if (repository.length > MAX_NAME_LENGTH) return [];
    const found = [...(this.#byName.get(repository) ?? [])];
    for (let end = 0; ; ) {
      for (const indexed of this.#byPrefix.get(repository.slice(0, end)) ?? []) {
        if (indexed.pattern.covers(repository)) found.push(indexed);
      }
      const slash = repository.indexOf('/', end);
      if (slash < 0) return found;
      end = slash + 1;
    }
  }
}
