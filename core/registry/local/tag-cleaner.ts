import { mapConcurrently } from '../../async/concurrency.ts';
import { inject, injectable, LOGGER } from '../../di.ts';
import type { RepositoryName, Tag } from '../../model/reference.ts';
import type { Logger } from '../../ports/logger.ts';
import { TagStore } from '../../storage/tag-store.ts';

const CONCURRENCY = 32;
/** How many tags are asked for at a time. */
const BATCH = 1000;
/** How old a history without a tag must be, in milliseconds: a push may be about to write the tag. */
const MIN_AGE_MS = 24 * 60 * 60 * 1000;

/** How the tags of a repository are cleaned up. */
export interface TagCleanOptions {
  /** Whether it only counts and logs. */
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  /** Called every few tags. */
  readonly onStep: () => void;
}

/** Removes folders of tags that have no link, which a crash has left. Several processes may do so at the same time. */
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
   * stays; at most its history of that moment is lost.
   * @returns how many leftovers of at least a day there were
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
          dryRun ? 'what is left of a tag would be removed' : 'removed what was left of a tag',
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
