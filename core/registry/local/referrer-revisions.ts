import { setImmediate as nextTurn } from 'node:timers/promises';
import { KeyedMutex, mapConcurrently } from '../../async/concurrency.ts';
import { inject, injectable } from '../../di.ts';
import type { Digest } from '../../digest/digest.ts';
import type { RepositoryName } from '../../model/reference.ts';
import { RevisionStore } from '../../storage/revision-store.ts';
import { ManifestReader } from './manifest-reader.ts';

const CONCURRENCY = 16;
/** Links that are looked at without waiting before other work of this process has its turn: some tenths of a millisecond. */
const MAX_IN_TURN = 96;

interface Look {
  readonly name: RepositoryName;
  readonly digests: readonly Digest[];
  /** What was found, by the index of the digest. */
  readonly present: boolean[];
  readonly signal: AbortSignal | undefined;
}

/**
 * Which of many referrers their repository has as manifests. The entries do not know: distribution deletes a manifest by
 * the link of its revision and leaves the folder of the link, so that only the link itself tells.
 */
@injectable()
export class ReferrerRevisions {
  readonly #revisions: RevisionStore;
  readonly #manifests: ManifestReader;
  /** Lists that look at many links take turns, because together they would exceed what a driver does without waiting. */
  readonly #turns = new KeyedMutex();

  constructor(@inject(RevisionStore) revisions: RevisionStore, @inject(ManifestReader) manifests: ManifestReader) {
    this.#revisions = revisions;
    this.#manifests = manifests;
  }

  /**
   * For each digest, whether the repository has the manifest. At most one driver call for each, and none for a link that
   * the driver has in memory and knows to be unchanged.
   * @throws the reason of the signal
   */
  async present(name: RepositoryName, digests: readonly Digest[], signal?: AbortSignal): Promise<boolean[]> {
    const present = digests.map(() => false);
    const look = { name, digests, present, signal };
    const isShort = digests.length <= MAX_IN_TURN;
    const unknown = isShort ? this.#look(look, 0) : await this.#turns.run('', () => this.#lookInTurns(look), signal);
    await mapConcurrently(unknown, CONCURRENCY, async (index) => {
      signal?.throwIfAborted();
      present[index] = await this.#manifests.has(name, digests[index] as Digest);
    });
    return present;
  }

  async #lookInTurns(look: Look): Promise<number[]> {
    const unknown: number[] = [];
    for (let start = 0; start < look.digests.length; start += MAX_IN_TURN) {
      await nextTurn();
      look.signal?.throwIfAborted();
      unknown.push(...this.#look(look, start));
    }
    return unknown;
  }

  /** Notes which of the next ones are known to be present, and returns the indexes of the others. */
  #look({ name, digests, present }: Look, start: number): number[] {
    const unknown: number[] = [];
    for (let index = start; index < Math.min(start + MAX_IN_TURN, digests.length); index += 1) {
      present[index] = this.#revisions.isKnown(name, digests[index] as Digest);
      if (!present[index]) unknown.push(index);
    }
    return unknown;
  }
}
