import { LRUCache } from 'lru-cache';
import { MAX_PATTERN_LENGTH, NamePattern, repositoryPattern } from '../patterns/name-pattern.ts';

const USER = '${user}';
/** User names that can be part of a repository name; any other user has no repository of their own. */
const USER_IN_NAME = /^[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*$/;
/** The most compiled patterns of users, per pattern. */
const MAX_USERS = 500;
/** No repository has a longer name. */
const MAX_USER_LENGTH = 255;
/** Twice the longest name: with a user in it that leaves room for names, a pattern is never too long. */
const MAX_LENGTH = 512;

/**
 * A pattern of repositories in a rule. In addition to the wildcards of {@link NamePattern}, `${user}` stands for the
 * name of the requesting user.
 */
export class RepositoryRulePattern {
  /** The pattern as written. */
  readonly source: string;
  /**
   * The number of literal characters: among several patterns that cover a repository, the one with the most decides.
   */
  readonly weight: number;
  /**
   * The common prefix of the names that it covers: whole segments, with the last `/`; without wildcards, the name
   * itself.
   */
  readonly prefix: string;
  /** Whether it covers only one name. */
  readonly isName: boolean;
  readonly #cover: NamePattern;
  readonly #ofUsers: LRUCache<string, NamePattern> | undefined;

  /** @throws Error for a malformed pattern, and for one that matches no repository name */
  constructor(source: string) {
    if (source.length > MAX_LENGTH) throw new Error(`a pattern may have at most ${MAX_LENGTH} characters`);
    this.source = source;
    const hasUser = source.includes(USER);
    this.#cover = repositoryPattern(source.replaceAll(USER, '*'));
    this.#ofUsers = hasUser ? new LRUCache({ max: MAX_USERS }) : undefined;
    const fixed = source.replaceAll(USER, '*').split(/[*?]/);
    this.weight = fixed.join('').length + (hasUser ? 1 : 0);
    const [first = ''] = fixed;
    this.isName = fixed.length === 1;
    this.prefix = this.isName ? source : first.slice(0, first.lastIndexOf('/') + 1);
  }

  /** Whether it covers the repository, for any user. */
  covers(repository: string): boolean {
    return this.#cover.matches(repository);
  }

  /** Whether it matches for this user; `undefined` for an anonymous one, who has no repositories of their own. */
  matches(repository: string, user: string | undefined): boolean {
    const ofUsers = this.#ofUsers;
    if (ofUsers === undefined) return this.covers(repository);
    if (user === undefined || user.length > MAX_USER_LENGTH || !USER_IN_NAME.test(user)) return false;
    let pattern = ofUsers.get(user);
    if (pattern === undefined) {
      const source = this.source.replaceAll(USER, user);
      // More than half of it is literal, and longer than any name.
      if (source.length > MAX_PATTERN_LENGTH) return false;
      pattern = new NamePattern(source);
      ofUsers.set(user, pattern);
    }
    return pattern.matches(repository);
  }
}
