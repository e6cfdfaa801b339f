import { randomUUID } from 'node:crypto';
import { inject, injectable, STORAGE_DRIVER } from '../di.ts';
import { contentAlgorithms, type Digest, isDigest } from '../digest/digest.ts';
import {
  type CallOptions,
  DriverError,
  type FileInfo,
  type ReadOptions,
  type ReadStream,
  type StorageDriver,
  type StoragePath,
} from '../driver/index.ts';
import { LinkStore } from './link-store.ts';
import { PathMapper } from './paths/path-mapper.ts';
import { deleteIfPresent } from './small-files.ts';

/** Begins the names of copies. */
const REPAIR = 'repair-';

/**
 * Content that does not match its digest, kept out of reach: no request and no other registry finds it under the digest.
 * Each has an id of its own, so that two processes never remove what the other one has moved there.
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

  /** The file at the place of the digest, right or wrong; `undefined` if it does not exist. One driver call. */
  async stored(digest: Digest, options?: CallOptions): Promise<FileInfo | undefined> {
    const info = await this.#driver.stat(this.#paths.blobData(digest), options);
    return info?.isFolder === true ? undefined : info;
  }

  /**
   * Moves the content from the place of the digest into quarantine, durably, and removes its empty folder. Whatever was
   * pushed a moment ago is moved as well: read it afterwards.
   * @returns the id under which it is kept; no other process gives that id. `undefined` when there was nothing
   */
  async take(digest: Digest): Promise<string | undefined> {
    const id = randomUUID();
    try {
      await this.#driver.move(this.#paths.blobData(digest), this.#paths.quarantineEntry(digest, id));
    } catch (error) {
      if (DriverError.is(error, 'not-found')) return undefined;
      throw error;
    }
    await this.removeEmptyFolder(digest);
    return id;
  }

  /** Moves the content back, durably, and replaces what is there. Nothing happens when another process has done so. */
  async putBack(digest: Digest, id: string): Promise<void> {
    try {
      await this.#driver.move(this.#paths.quarantineEntry(digest, id), this.#paths.blobData(digest));
    } catch (error) {
      if (!DriverError.is(error, 'not-found')) throw error;
    }
    await this.removeEmptyEntry(digest);
  }

  /** @throws DriverError `not-found` when it is not there any more */
  open(digest: Digest, id: string, options: ReadOptions): Promise<ReadStream> {
    return this.#driver.read(this.#paths.quarantineEntry(digest, id), options);
  }

  /**
   * Copies bytes into quarantine, durably.
   * @param body the right bytes; if it fails, nothing of them is kept
   * @returns moves the copy to a path, replacing what is there
   * @throws the error of `body`; DriverError
   */
  async copy(
    digest: Digest,
    body: AsyncIterable<Uint8Array>,
    { signal }: CallOptions,
  ): Promise<(to: StoragePath) => Promise<void>> {
    const path = this.#paths.quarantineEntry(digest, `${REPAIR}${randomUUID()}`);
    const writer = await this.#driver.openWriter(path, { append: false, signal });
    try {
      await writer.append(body, { signal });
      await writer.commit();
    } catch (error) {
      await writer.cancel().catch(() => undefined);
      throw error;
    }
    return async (to) => {
      await this.#driver.move(path, to);
      await this.removeEmptyEntry(digest);
    };
  }

  /** Removes what is kept under an id. It must have been found to be wrong: nothing else may have the right bytes. */
  async discard(digest: Digest, id: string): Promise<void> {
    await deleteIfPresent(this.#driver, this.#paths.quarantineEntry(digest, id));
    await this.removeEmptyEntry(digest);
  }

  /** Removes the folder of a digest in quarantine while it is empty, if the storage has such folders. */
  async removeEmptyEntry(digest: Digest): Promise<void> {
    await this.#links.prune(this.#paths.quarantineFolder(digest));
  }

  /** The ids of what is kept for a digest, including copies that a process has not moved to their place. */
  async ids(digest: Digest): Promise<string[]> {
    const ids: string[] = [];
    try {
      for await (const { name, isFolder } of this.#driver.list(this.#paths.quarantineFolder(digest)))
        if (!isFolder) ids.push(name);
    } catch (error) {
      if (!DriverError.is(error, 'not-found')) throw error;
    }
    return ids;
  }

  /** The ids of content that was taken from its place, without copies. */
  async damaged(digest: Digest): Promise<string[]> {
    return (await this.ids(digest)).filter((id) => !id.startsWith(REPAIR));
  }

  /** The file that is kept under an id; `undefined` when it is not there any more. One driver call. */
  info(digest: Digest, id: string): Promise<FileInfo | undefined> {
    return this.#driver.stat(this.#paths.quarantineEntry(digest, id));
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
