import { mapConcurrently } from '../../async/concurrency.ts';
import { inject, injectable, LOGGER } from '../../di.ts';
import type { RepositoryName, Tag } from '../../model/reference.ts';
import type { Logger } from '../../ports/logger.ts';
import { TagStore } from '../../storage/tag-store.ts';

const CONCURRENCY = 32;
/** The number of tags that are listed at a time. */
const BATCH = 1000;
/** The minimum age of a history without a tag, in milliseconds: a push may be about to write the tag. */
const MIN_AGE_MS = 24 * 60 * 60 * 1000;

/** Options for cleaning up the tags of a repository. */
export interface TagCleanOptions {
  /** Whether to count and log without removing. */
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  /** Called every few tags. */
  readonly onStep: () => void;
}

/** Removes tag folders without a link, which a crash leaves. Several processes may do so at the same time. */
@injectable()
export class TagCleaner {
  readonly #tags: TagStore;
  readonly #log: Logger;

  constructor(@inject(TagStore) tags: TagStore, @inject(LOGGER) log: Logger) {
    this.#tags = tags;
    this.#log = log;
  }

  /**
   * Cleans up a repository. One driver call for each tag, and a few for each leftover. A tag that is pushed meanwhile
   * stays; at most its history up to that moment is lost.
   * @returns the number of leftovers that are at least a day old
   * @throws the reason of the signal, a few tags after it aborts
   */
  async clean(name: RepositoryName, { dryRun, signal, onStep }: TagCleanOptions): Promise<number> {
    let removed = 0;
    for (let after: Tag | undefined, isLast = false; !isLast; ) {
      const tags = await this.#tags.list(name, { after, limit: BATCH, signal });
      const found = await mapConcurrently(tags, CONCURRENCY, async (tag) => {
        signal.throwIfAborted();
        onStep();
        return this.#isLeftover(name, tag);
      });
      for (const [index, tag] of tags.entries()) {
        if (found[index] !== true) continue;
        if (!dryRun) await this.#tags.removeLeftover(name, tag);
        this.#log.info(
          { name, tag },
          dryRun ? 'the remains of a tag would be removed' : 'removed the remains of a tag',
        );
        removed += 1;
      }
      isLast = tags.length < BATCH;
      after = tags.at(-1);
    }
    return removed;
  }

  async #isLeftover(name: RepositoryName, tag: Tag): Promise<boolean> {
    if (await this.#tags.hasLink(name, tag)) return false;
    const changedAt = await this.#tags.lastRecord(name, tag);
    return changedAt === undefined || Date.now() - changedAt.getTime() >= MIN_AGE_MS;
  }
}
