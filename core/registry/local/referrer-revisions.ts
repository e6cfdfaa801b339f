import { mapConcurrently } from '../../async/concurrency.ts';
import { inject, injectable } from '../../di.ts';
import type { Digest } from '../../digest/digest.ts';
import type { RepositoryName } from '../../model/reference.ts';
import { RevisionStore } from '../../storage/revision-store.ts';
import { ManifestReader } from './manifest-reader.ts';
import { SharedLooks } from './referrer-looks.ts';

/** A link is small, and a remote storage far away. */
const CONCURRENCY = 64;
/** Links that are looked at in one turn of the event loop; some tenths of a millisecond. */
const MAX_IN_TURN = 96;

/**
 * Which of many referrers their repository has as manifests. The entries do not know: distribution deletes a manifest by
 * the link of its revision and leaves the folder of the link, so that only the link itself tells.
 */
@injectable()
export class ReferrerRevisions {
  readonly #revisions: RevisionStore;
  readonly #manifests: ManifestReader;
  readonly #looks = new SharedLooks(MAX_IN_TURN);

  constructor(@inject(RevisionStore) revisions: RevisionStore, @inject(ManifestReader) manifests: ManifestReader) {
    this.#revisions = revisions;
    this.#manifests = manifests;
  }

  /**
   * For each digest, whether the repository has the manifest. At most one driver call for each, and none for a link that
   * the driver has in memory and knows to be unchanged.
   * @param digests calls at the same time share work when they give the same array, which is of one repository
   * @throws the reason of the signal
   */
  async present(name: RepositoryName, digests: readonly Digest[], signal?: AbortSignal): Promise<boolean[]> {
    const look = (digest: Digest): boolean => this.#isKnown(name, digest);
    const present = digests.length > MAX_IN_TURN ? await this.#looks.look(digests, look) : digests.map(look);
    signal?.throwIfAborted();
    const unknown = digests.flatMap((_digest, index) => (present[index] ? [] : [index]));
    await mapConcurrently(unknown, CONCURRENCY, async (index) => {
      signal?.throwIfAborted();
      present[index] = await this.#manifests.has(name, digests[index] as Digest);
    });
    return present;
  }

  #isKnown(name: RepositoryName, digest: Digest): boolean {
    try {
      return this.#revisions.isKnown(name, digest);
    } catch {
      // Fall back to the slow path, which reports the same failure properly.
      return false;
    }
  }
}
