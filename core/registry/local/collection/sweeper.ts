import { mapConcurrently } from '../../../async/concurrency.ts';
import { inject, injectable, injectOptional, TRASH } from '../../../di.ts';
import type { StoragePath } from '../../../driver/index.ts';
import type { RepositoryName } from '../../../model/reference.ts';
import { CollectionStore } from '../../../storage/collection/collection-store.ts';
import type { KeptDeletions } from '../../../trash/kept-deletions.ts';
import { ManifestReader } from '../manifest-reader.ts';
import { type Ordered, SweepOrder } from './sweep-order.ts';

const CONCURRENCY = 16;
/** Who deletes a manifest that is swept. */
const JOB = 'job gc';

/** A file that may be removed. */
export interface Sweepable extends Ordered {
  readonly path: StoragePath;
  /** The repository that has it as a manifest; then there is only one digest. */
  readonly manifestOf?: RepositoryName | undefined;
  /** Whether it belongs to a manifest that is gone: the trash says what it was, or nothing can bring it back. */
  readonly isRemains?: boolean | undefined;
}

/** How files are swept. */
export interface SweepOptions {
  /** `false` if it is fine that a crash of the machine brings some of them back. */
  readonly durable: boolean;
  readonly signal: AbortSignal;
  /** Called after each file. */
  readonly onStep?: () => void;
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
  readonly #manifests: ManifestReader;
  readonly #trash: KeptDeletions | undefined;

  constructor(
    @inject(CollectionStore) collections: CollectionStore,
    @inject(ManifestReader) manifests: ManifestReader,
    @injectOptional(TRASH) trash: KeptDeletions | undefined,
  ) {
    this.#collections = collections;
    this.#manifests = manifests;
    this.#trash = trash;
  }

  /**
   * Removes files that no request has kept, and none that goes after one that stays. Two driver calls for each, and a
   * few for all. Where deletions are kept, they are in the trash then.
   * @param files until it resolves, a crash leaves them set aside
   * @returns those that are gone now, and that no request has stored again meanwhile
   * @throws CollectionEndedError; the reason of the signal, with everything back that was not removed; DriverError, after
   * which the next run puts back what is set aside
   */
  async sweep<File extends Sweepable>(id: string, files: readonly File[], options: SweepOptions): Promise<File[]> {
    if (files.length === 0) return [];
    const { signal, onStep, durable } = options;
    const order = new SweepOrder(files);
    // Only saves work.
    const wanted = without(files, order.withFollowers(await this.#kept(id, files)));
    const aside = await filterConcurrently(wanted, async ({ path }) => {
      onStep?.();
      return !signal.aborted && this.#collections.setAside(id, path, { durable });
    });
    // Requests keep candidates only while the collection is published, so this comes after they were taken away.
    const isPublished = aside.length === 0 || (await this.#collections.isPublished(id));
    // The collection that has ended this one has put back what was aside then, and may have missed what this run took later.
    if (!isPublished) await this.#collections.markReturned(id);
    const goes = isPublished && !signal.aborted;
    const stays = goes ? order.withFollowers(await this.#kept(id, aside)) : new Set(aside);
    await this.#putBack(
      id,
      aside.filter((file) => stays.has(file)),
    );
    if (!isPublished) throw new CollectionEndedError();
    signal.throwIfAborted();
    return this.#removeInOrder(id, { order, aside: without(aside, stays) }, options);
  }

  /** Removes what was set aside; a request that comes after the look may still put back a file, or store it again. */
  async #removeInOrder<File extends Sweepable>(
    id: string,
    { order, aside }: { readonly order: SweepOrder<File>; readonly aside: readonly File[] },
    options: SweepOptions,
  ): Promise<File[]> {
    const gone = new Set<File>();
    const stays = new Set<File>();
    const keepFollowers = async (files: readonly File[]): Promise<void> => {
      const kept = [...order.withFollowers(files)].filter((file) => !gone.has(file) && !stays.has(file));
      for (const file of kept) stays.add(file);
      await this.#putBack(id, kept);
    };
    for (const group of order.groups(aside)) {
      if (gone.size > 0) await keepFollowers(await this.#kept(id, [...gone]));
      const going = without(group, stays);
      const swept = await this.#remove(id, going, options);
      for (const file of swept) gone.add(file);
      await keepFollowers(without(going, gone));
    }
    return without([...gone], new Set(await this.#kept(id, [...gone])));
  }

  async #putBack(id: string, files: readonly Sweepable[]): Promise<void> {
    await mapConcurrently(files, CONCURRENCY, ({ path }) => this.#collections.putBack(id, path));
  }

  /** Removes what is set aside, or keeps it in the trash; resolves with those that no request has put back. */
  async #remove<File extends Sweepable>(id: string, files: readonly File[], options: SweepOptions): Promise<File[]> {
    if (this.#trash !== undefined) await this.#keep(this.#trash, id, files);
    return filterConcurrently(files, async (file) => {
      options.onStep?.();
      const isKept = this.#trash !== undefined && isMovedToTrash(file);
      return isKept || this.#collections.drop(id, file.path, options);
    });
  }

  async #keep(trash: KeptDeletions, id: string, files: readonly Sweepable[]): Promise<void> {
    await trash.keepSwept(
      id,
      files.filter(isMovedToTrash).map(({ path }) => path),
    );
    const manifests = files.filter(({ manifestOf }) => manifestOf !== undefined);
    await mapConcurrently(manifests, CONCURRENCY, async ({ manifestOf: name, digests: [digest] }) => {
      if (name === undefined || digest === undefined) return;
      const bytes = await this.#manifests.read(digest);
      await trash.recordManifest(
        name,
        { digest, tags: [], bytes: bytes === 'damaged' ? undefined : bytes },
        { by: JOB },
      );
    });
  }

  async #kept<File extends Sweepable>(id: string, files: readonly File[]): Promise<File[]> {
    if (files.length === 0) return [];
    const kept = await this.#collections.keptAmong(
      id,
      files.flatMap(({ digests }) => digests),
    );
    return files.filter(({ digests }) => digests.some((digest) => kept.has(digest)));
  }
}

/** Others are recorded, or belong to what is recorded. */
function isMovedToTrash({ manifestOf, isRemains }: Sweepable): boolean {
  return manifestOf === undefined && isRemains !== true;
}

function without<File>(files: readonly File[], others: ReadonlySet<File>): File[] {
  return files.filter((file) => !others.has(file));
}

async function filterConcurrently<Item>(
  items: readonly Item[],
  isWanted: (item: Item) => Promise<boolean>,
): Promise<Item[]> {
  const wanted = await mapConcurrently(items, CONCURRENCY, isWanted);
  return items.filter((_item, index) => wanted[index]);
}
