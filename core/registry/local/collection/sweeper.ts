import { mapConcurrently } from '../../../async/concurrency.ts';
import { inject, injectable } from '../../../di.ts';
import type { Digest } from '../../../digest/digest.ts';
import type { StoragePath } from '../../../driver/index.ts';
import { CollectionStore } from '../../../storage/collection/collection-store.ts';

const CONCURRENCY = 16;

/** A file that may be removed. */
export interface Sweepable {
  readonly path: StoragePath;
  /** A request that relies on one of these digests keeps the file. */
  readonly digests: readonly Digest[];
}

/** Thrown when another run has ended a collection, so that nothing more may be removed in its name. */
export class CollectionEndedError extends Error {
  override readonly name = 'CollectionEndedError';

  constructor() {
    super('another run has begun a garbage collection and has ended this one');
  }
}

/**
 * Removes candidates of a collection so that no request that relies on one loses it. Each file is taken from its place;
 * only then the collection looks whether a request has kept it: a request keeps it first and looks for it afterwards, so
 * that one of the two sees the other.
 */
@injectable()
export class Sweeper {
  readonly #collections: CollectionStore;

  constructor(@inject(CollectionStore) collections: CollectionStore) {
    this.#collections = collections;
  }

  /**
   * Removes files that no request has kept. Five driver calls for each.
   * @param files at most a few hundred: until it resolves, a crash leaves them set aside
   * @returns those that are gone now
   * @throws CollectionEndedError; DriverError, after which the next run puts back what is set aside
   */
  async sweep<File extends Sweepable>(id: string, files: readonly File[]): Promise<File[]> {
    const wanted = await filterConcurrently(files, async (file) => !(await this.#isKept(id, file)));
    const aside = await filterConcurrently(wanted, ({ path }) => this.#collections.setAside(id, path));
    // Requests keep candidates only while the collection is published, so this comes after they were taken away.
    const isPublished = aside.length === 0 || (await this.#collections.isPublished(id));
    const swept = await filterConcurrently(aside, async (file) => {
      if (isPublished && !(await this.#isKept(id, file))) return true;
      await this.#collections.putBack(id, file.path);
      return false;
    });
    if (!isPublished) throw new CollectionEndedError();
    await mapConcurrently(swept, CONCURRENCY, ({ path }) => this.#collections.drop(id, path));
    return swept;
  }

  async #isKept(id: string, { digests }: Sweepable): Promise<boolean> {
    for (const digest of digests) if (await this.#collections.isKept(id, digest)) return true;
    return false;
  }
}

async function filterConcurrently<Item>(
  items: readonly Item[],
  isWanted: (item: Item) => Promise<boolean>,
): Promise<Item[]> {
  const wanted = await mapConcurrently(items, CONCURRENCY, isWanted);
  return items.filter((_item, index) => wanted[index]);
}
