import type { Digest } from '../../../digest/digest.ts';

/** A file that may have to go after others. */
export interface Ordered {
  /** A request that relies on one of these digests keeps the file. */
  readonly digests: readonly Digest[];
  /** Digests of files that go before it. While one of them stays, it stays. */
  readonly after?: readonly Digest[] | undefined;
}

/** The order in which files are removed, when some of them need others. */
export class SweepOrder<File extends Ordered> {
  readonly #followers = new Map<Digest, File[]>();

  /** @param files all of them; a digest in `after` that none of them has means nothing */
  constructor(files: readonly File[]) {
    for (const file of files) {
      for (const digest of file.after ?? []) {
        const followers = this.#followers.get(digest);
        if (followers === undefined) this.#followers.set(digest, [file]);
        else followers.push(file);
      }
    }
  }

  /** These files and all that go after them, directly or after others. */
  withFollowers(files: Iterable<File>): Set<File> {
    const found = new Set(files);
    // A set also visits what is added meanwhile.
    for (const file of found) for (const follower of this.#followersOf(file)) found.add(follower);
    return found;
  }

  /**
   * The files in groups: each file comes in a later group than those of them that go before it. Those that need each
   * other, as an index and its subject do that it lists as well, come last, with all that goes after them.
   */
  groups(files: readonly File[]): File[][] {
    const waits = new Map<File, number>(files.map((file) => [file, 0]));
    for (const file of files) for (const follower of this.#followersOf(file)) add(waits, follower, 1);
    const groups: File[][] = [];
    for (let group = files.filter((file) => waits.get(file) === 0); group.length > 0; ) {
      groups.push(group);
      const followers = group.flatMap((file) => this.#followersOf(file));
      group = followers.filter((follower) => add(waits, follower, -1) === 0);
    }
    const rest = files.filter((file) => (waits.get(file) ?? 0) > 0);
    return rest.length === 0 ? groups : [...groups, rest];
  }

  #followersOf({ digests }: File): readonly File[] {
    const followers = digests.flatMap((digest) => this.#followers.get(digest) ?? []);
    return digests.length > 1 ? [...new Set(followers)] : followers;
  }
}

/** Changes the number of a file that is counted, and returns it. */
function add<File>(counts: Map<File, number>, file: File, by: number): number | undefined {
  const count = counts.get(file);
  if (count === undefined) return undefined;
  counts.set(file, count + by);
  return count + by;
}
