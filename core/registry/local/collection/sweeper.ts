import { mapConcurrently } from '../../../async/concurrency.ts';
import { inject, injectable, injectOptional, TRASH } from '../../../di.ts';
import type { Digest } from '../../../digest/digest.ts';
import type { ChangeOptions, StoragePath } from '../../../driver/index.ts';
import type { RepositoryName } from '../../../model/reference.ts';
import { CollectionStore } from '../../../storage/collection/collection-store.ts';
import type { KeptDeletions } from '../../../trash/kept-deletions.ts';
import { ManifestReader } from '../manifest-reader.ts';

const CONCURRENCY = 16;
/** Who deletes a manifest that is swept. */
const JOB = 'job gc';

/** A file that may be removed. */
export interface Sweepable {
  readonly path: StoragePath;
  /** A request that relies on one of these digests keeps the file. */
  readonly digests: readonly Digest[];
  /** The repository that has it as a manifest; then there is only one digest. */
  readonly manifestOf?: RepositoryName | undefined;
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
   * Removes files that no request has kept. Two driver calls for each, and a few for
   * all. Where deletions are kept, they are in the trash then.
   * @param options.durable `false` if it is fine that a crash of the machine brings some of them back
   * @param files at most a few hundred: until it resolves, a crash leaves them set aside
   * @returns those that are gone now
   * @throws CollectionEndedError; DriverError, after which the next run puts back what is set aside
   */
  async sweep<File extends Sweepable>(
    id: string,
    files: readonly File[],
    options: Required<Pick<ChangeOptions, 'durable'>>,
  ): Promise<File[]> {
    if (files.length === 0) return [];
    // Only saves work.
    const wanted = await this.#notKept(id, files);
    const aside = await filterConcurrently(wanted, ({ path }) => this.#collections.setAside(id, path, options));
    // Requests keep candidates only while the collection is published, so this comes after they were taken away.
    const isPublished = aside.length === 0 || (await this.#collections.isPublished(id));
    const swept = isPublished ? await this.#notKept(id, aside) : [];
    const isSwept = new Set(swept);
    const others = aside.filter((file) => !isSwept.has(file));
    await mapConcurrently(others, CONCURRENCY, ({ path }) => this.#collections.putBack(id, path));
    if (!isPublished) throw new CollectionEndedError();
    if (this.#trash === undefined) await this.#drop(id, swept, options);
    else await this.#keep(this.#trash, id, swept);
    return swept;
  }

  async #drop(id: string, files: readonly Sweepable[], options: ChangeOptions): Promise<void> {
    await mapConcurrently(files, CONCURRENCY, ({ path }) => this.#collections.drop(id, path, options));
  }

  async #keep(trash: KeptDeletions, id: string, files: readonly Sweepable[]): Promise<void> {
    const others = files.filter(({ manifestOf }) => manifestOf === undefined);
    await trash.keepSwept(
      id,
      others.map(({ path }) => path),
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
    await this.#drop(id, manifests, { durable: true });
  }

  async #notKept<File extends Sweepable>(id: string, files: readonly File[]): Promise<File[]> {
    if (files.length === 0) return [];
    const kept = await this.#collections.keptAmong(
      id,
      files.flatMap(({ digests }) => digests),
    );
    return files.filter(({ digests }) => !digests.some((digest) => kept.has(digest)));
  }
}

async function filterConcurrently<Item>(
  items: readonly Item[],
  isWanted: (item: Item) => Promise<boolean>,
): Promise<Item[]> {
  const wanted = await mapConcurrently(items, CONCURRENCY, isWanted);
  return items.filter((_item, index) => wanted[index]);
}
