import { inject, injectable, STORAGE_DRIVER } from '../di.ts';
import { contentAlgorithms, type Digest, isDigest } from '../digest/digest.ts';
import {
  type CallOptions,
  DriverError,
  type FileInfo,
  type ReadOptions,
  type ReadStream,
  type StorageDriver,
} from '../driver/index.ts';
import { LinkStore } from './link-store.ts';
import { PathMapper } from './path-mapper.ts';
import { deleteIfPresent } from './small-files.ts';

/**
 * Content that does not match its digest, kept out of reach: no request and no other registry finds it under the digest.
 * There is at most one for each digest.
 */
@injectable()
export class QuarantineStore {
  readonly #driver: StorageDriver;
  readonly #paths: PathMapper;
  readonly #links: LinkStore;

  constructor(
    @inject(STORAGE_DRIVER) driver: StorageDriver,
    @inject(PathMapper) paths: PathMapper,
    @inject(LinkStore) links: LinkStore,
  ) {
    this.#driver = driver;
    this.#paths = paths;
    this.#links = links;
  }

  /** The file at the place of the digest, right or wrong; `undefined` when there is none. One driver call. */
  async stored(digest: Digest, options?: CallOptions): Promise<FileInfo | undefined> {
    const info = await this.#driver.stat(this.#paths.blobData(digest), options);
    return info?.isFolder === true ? undefined : info;
  }

  /**
   * Moves the content from the place of the digest into quarantine, durably, and removes its empty folder. It replaces
   * earlier content in quarantine. Whatever was pushed a moment ago is moved as well: read it afterwards.
   * @returns whether there was any
   */
  async take(digest: Digest): Promise<boolean> {
    try {
      await this.#driver.move(this.#paths.blobData(digest), this.#paths.quarantineData(digest));
    } catch (error) {
      if (DriverError.is(error, 'not-found')) return false;
      throw error;
    }
    await this.removeEmptyFolder(digest);
    return true;
  }

  /** Moves the content back, durably, and replaces what is there. Nothing happens when another process has done so. */
  async putBack(digest: Digest): Promise<void> {
    try {
      await this.#driver.move(this.#paths.quarantineData(digest), this.#paths.blobData(digest));
    } catch (error) {
      if (!DriverError.is(error, 'not-found')) throw error;
    }
    await this.discard(digest);
  }

  /** @throws DriverError `not-found` when there is none */
  open(digest: Digest, options: ReadOptions): Promise<ReadStream> {
    return this.#driver.read(this.#paths.quarantineData(digest), options);
  }

  /** Removes everything that is in quarantine for the digest. */
  async discard(digest: Digest): Promise<void> {
    await deleteIfPresent(this.#driver, this.#paths.quarantineFolder(digest));
  }

  /** Every digest that has something in quarantine, one algorithm after another, each in byte order. */
  async *digests(): AsyncGenerator<Digest, void, undefined> {
    for (const algorithm of contentAlgorithms().sort()) {
      for await (const hex of this.#links.folders(this.#paths.quarantine(algorithm))) {
        const digest = `${algorithm}:${hex}`;
        if (isDigest(digest)) yield digest;
      }
    }
  }

  /** Whether the place of the digest has a folder, with content or without. One driver call. */
  hasFolder(digest: Digest): Promise<boolean> {
    return this.#links.exists(this.#paths.blobFolder(digest));
  }

  /** Removes the folder at the place of the digest while it is empty, if the storage has such folders. */
  async removeEmptyFolder(digest: Digest): Promise<void> {
    await this.#links.prune(this.#paths.blobFolder(digest));
  }
}
