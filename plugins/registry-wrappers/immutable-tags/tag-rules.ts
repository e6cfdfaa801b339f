import type { RepositoryName, Tag } from '../../../core/model/reference.ts';
import type { CallContext } from '../../../core/registry/call-context.ts';
import { matchesAny, type NamePattern } from '../../patterns/name-pattern.ts';

/** Patterns of immutable tags. */
export interface TagRulesOptions {
  readonly tags: readonly NamePattern[];
  readonly except: readonly NamePattern[];
  readonly repositories: readonly NamePattern[];
}

/** Decides which tags are immutable. */
export interface ImmutableTags {
  /** Whether a tag can be immutable for some users and not for others. */
  readonly isPerUser: boolean;
  /** Whether tags of the repository can be immutable for everybody. */
  covers(name: RepositoryName): boolean;
  /** @param context of a push: some users may set new tags, and not move them; absent: the rules for everybody */
  isImmutable(name: RepositoryName, tag: Tag, context?: CallContext): boolean;
}

/** Tags that are immutable by patterns, for everybody. */
export class TagRules implements ImmutableTags {
  readonly isPerUser = false;
  readonly #options: TagRulesOptions;

  constructor(options: TagRulesOptions) {
    this.#options = options;
  }

  covers(name: RepositoryName): boolean {
    return matchesAny(this.#options.repositories, name);
  }

  isImmutable(name: RepositoryName, tag: Tag): boolean {
    const { tags, except } = this.#options;
    return this.covers(name) && matchesAny(tags, tag) && !matchesAny(except, tag);
  }
}
