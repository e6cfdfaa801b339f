import type { RepositoryName, Tag } from '../model/reference.ts';

/** A pattern of names. */
export interface NameMatcher {
  matches(name: string): boolean;
}

/** What keeps a tag that a rule judges. Any of it is enough. */
export interface KeepConditions {
  /** The number of tags that were pushed last; at least 1. */
  readonly newest?: number | undefined;
  /** The number of versions, the highest; at least 1. */
  readonly newestVersions?: number | undefined;
  /** The age of the last push up to which a tag stays, in milliseconds. */
  readonly pushedWithinMs?: number | undefined;
  /** The time since the last pull, or push, up to which a tag stays, in milliseconds. */
  readonly pulledWithinMs?: number | undefined;
  /** Every tag stays. */
  readonly always: boolean;
}

/** A rule of retention. It judges each tag that it matches, unless an earlier rule matches it as well. */
export interface RetentionRule {
  readonly name: string;
  readonly repositories: readonly NameMatcher[];
  readonly tags: readonly NameMatcher[];
  readonly except: readonly NameMatcher[];
  readonly keep: KeepConditions;
}

/** The rules that may judge tags of a repository, in their order. */
export function rulesFor(rules: readonly RetentionRule[], name: RepositoryName): readonly RetentionRule[] {
  return rules.filter(({ repositories }) => matchesAny(repositories, name));
}

/** The rule that judges a tag: the first that matches it; `undefined`: the tag stays. */
export function ruleOf(rules: readonly RetentionRule[], tag: Tag): RetentionRule | undefined {
  return rules.find(({ tags, except }) => matchesAny(tags, tag) && !matchesAny(except, tag));
}

function matchesAny(patterns: readonly NameMatcher[], name: string): boolean {
  return patterns.some((pattern) => pattern.matches(name));
}
