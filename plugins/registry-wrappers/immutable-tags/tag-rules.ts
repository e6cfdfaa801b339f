import type { RepositoryName, Tag } from '../../../core/model/reference.ts';
import { matchesAny, type NamePattern } from '../name-pattern.ts';

/** Patterns of immutable tags. */
export interface TagRulesOptions {
  readonly tags: readonly NamePattern[];
  readonly except: readonly NamePattern[];
  readonly repositories: readonly NamePattern[];
}

/** Decides which tags are immutable. */
export class TagRules {
  readonly #options: TagRulesOptions;

  constructor(options: TagRulesOptions) {
    this.#options = options;
  }

  /** Whether tags of the repository can be immutable. */
  covers(name: RepositoryName): boolean {
    return matchesAny(this.#options.repositories, name);
  }

  isImmutable(name: RepositoryName, tag: Tag): boolean {
    const { tags, except } = this.#options;
    return this.covers(name) && matchesAny(tags, tag) && !matchesAny(except, tag);
  }
}
