import { mapConcurrently } from '../../async/concurrency.ts';
import { inject, injectable } from '../../di.ts';
import type { Digest } from '../../digest/digest.ts';
import type { RepositoryName } from '../../model/reference.ts';
import { RevisionList } from '../../storage/revision-list.ts';
import { RevisionStore } from '../../storage/revision-store.ts';
import { ManifestReader } from './manifest-reader.ts';
import { SharedChecks } from './shared-checks.ts';

/** A link is small, and a remote storage has a high latency. */
const CONCURRENCY = 64;
/** The links that are checked in one turn of the event loop, in a few tenths of a millisecond. */
const MAX_IN_TURN = 96;

/**
 * Finds out which of many referrers exist as manifests in their repository. The entries do not show it: distribution
 * deletes a manifest by removing its revision link and leaves the folder of the link, so only the link itself is
 * reliable.
 */
@injectable()
export class ReferrerRevisions {
  readonly #revisions: RevisionStore;
  readonly #manifests: ManifestReader;
  readonly #list: RevisionList;
  readonly #checks = new SharedChecks(MAX_IN_TURN);

  constructor(
    @inject(RevisionStore) revisions: RevisionStore,
    @inject(ManifestReader) manifests: ManifestReader,
    @inject(RevisionList) list: RevisionList,
  ) {
    this.#revisions = revisions;
    this.#manifests = manifests;
    this.#list = list;
  }

  /**
   * For each digest, whether the repository has the manifest. At most one driver call for each; none for a link that
   * the driver has in memory and knows to be unchanged; and one for many if a list can tell.
   * @param digests in byte order; concurrent calls that pass the same array, which belongs to one repository, share
   * work
   * @throws the reason of the signal
   */
  async present(name: RepositoryName, digests: readonly Digest[], signal?: AbortSignal): Promise<boolean[]> {
    const check = (digest: Digest): boolean => this.#isKnown(name, digest);
    const present = digests.length > MAX_IN_TURN ? await this.#checks.check(digests, check) : digests.map(check);
    signal?.throwIfAborted();
    let unknown = digests.flatMap((_digest, index) => (present[index] ? [] : [index]));
    if (this.#list.isPossible && unknown.length > CONCURRENCY) {
      unknown = await this.#listed(name, digests, { present, unknown });
    }
    await mapConcurrently(unknown, CONCURRENCY, async (index) => {
      signal?.throwIfAborted();
      present[index] = await this.#manifests.has(name, digests[index] as Digest);
    });
    return present;
  }

  /** Records what a list shows, and resolves with the indexes that it did not reach. */
  async #listed(
    name: RepositoryName,
    digests: readonly Digest[],
    { present, unknown }: { present: boolean[]; unknown: readonly number[] },
  ): Promise<number[]> {
    const { epoch } = this.#manifests;
    const found = await this.#list.present(
      name,
      unknown.map((index) => digests[index] as Digest),
    );
    return unknown.filter((index) => {
      const digest = digests[index] as Digest;
      const isPresent = found.get(digest);
      if (isPresent === true) this.#manifests.remember(name, digest, epoch);
      present[index] = isPresent === true;
      return isPresent === undefined;
    });
  }

  #isKnown(name: RepositoryName, digest: Digest): boolean {
    try {
      return this.#manifests.remembers(name, digest) || this.#revisions.isKnown(name, digest);
    } catch {
      // Fall back to the slow path, which reports the same failure properly.
      return false;
    }
  }
}
