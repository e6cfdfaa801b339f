import { inject, injectable, STORAGE_DRIVER } from '../di.ts';
import {
  type CallOptions,
  childPath,
  DriverError,
  type DriverWriter,
  type ListEntry,
  type ReadOptions,
  type ReadStream,
  type StorageDriver,
  type StoragePath,
} from '../driver/index.ts';
import { isUploadId, type RepositoryName, type UploadId } from '../model/reference.ts';
import { PathMapper } from './paths/path-mapper.ts';
import { deleteIfPresent, readStart } from './small-files.ts';
import { UnreadablePaths } from './unreadable-paths.ts';

const MAX_STARTED_AT_BYTES = 128;
/** How often other requests may intervene before an upload counts as busy. */
const MAX_ATTEMPTS = 3;
/** Not durable: a client that loses its upload in a crash of the machine begins another one. */
const NOT_DURABLE = { durable: false } as const;

/** The files of uploads in progress. */
@injectable()
export class UploadStore {
  readonly #driver: StorageDriver;
  readonly #paths: PathMapper;
  readonly #bad: UnreadablePaths;

  constructor(
    @inject(STORAGE_DRIVER) driver: StorageDriver,
    @inject(PathMapper) paths: PathMapper,
    @inject(UnreadablePaths) bad: UnreadablePaths,
  ) {
    this.#driver = driver;
    this.#paths = paths;
    this.#bad = bad;
  }

  /** The smallest chunk in bytes that is stored without waste, except for the last one; 0 for any size. */
  get minChunkBytes(): number {
    return this.#driver.capabilities.minAppendBytes;
  }

  /**
   * Records when an upload began: without this, only its first token proves that it exists. Requests that begin the
   * same upload record the same time. One driver call.
   */
  async recordStart(name: RepositoryName, id: UploadId, startedAt: Date): Promise<void> {
    // Whole seconds, as distribution writes them.
    const text = startedAt.toISOString().replace(/\.\d+Z$/, 'Z');
    await this.#driver.write(this.#paths.uploadStartedAt(name, id), Buffer.from(text, 'latin1'), NOT_DURABLE);
  }

  /**
   * Opens an upload that is not stored yet. One driver call.
   * @throws DriverError `conflict`, now or when the writer is closed, when another request has begun the upload
   */
  openFirst(name: RepositoryName, id: UploadId): Promise<DriverWriter> {
    return this.#driver.openWriter(this.#paths.uploadData(name, id), { append: false, ifAbsent: true });
  }

  /** When the upload began; `undefined` when there is no such upload. One driver call. */
  async startedAt(name: RepositoryName, id: UploadId, options?: CallOptions): Promise<Date | undefined> {
    const path = this.#paths.uploadStartedAt(name, id);
    const bytes = await readStart(this.#driver, path, { maxBytes: MAX_STARTED_AT_BYTES, signal: options?.signal });
    if (bytes === undefined) return undefined;
    const time = Date.parse(bytes.toString('latin1').trim());
    return new Date(Number.isNaN(time) ? 0 : time);
  }

  /**
   * Opens the upload to resume it; `undefined` when its content was committed before and only needs to be moved to its
   * place.
   * @param upTo the largest number of bytes to keep from a request that has not ended and that this one excludes
   * @throws DriverError `conflict` when such a request began after that many bytes, or another request takes over first
   */
  async openWriter(name: RepositoryName, id: UploadId, upTo?: number): Promise<DriverWriter | undefined> {
    const path = this.#paths.uploadData(name, id);
    if (this.#driver.capabilities.hidesUncommitted) {
      // If uncommitted bytes are hidden, visible bytes are committed and cannot be appended to.
      const info = await this.#driver.stat(path);
      if (info !== undefined && info.size > 0) return undefined;
    }
    for (let attempt = 1; ; attempt++) {
      const resumed = await this.#resumeWriter(path, upTo);
      if (resumed !== undefined) return resumed;
      try {
        return await this.openFirst(name, id);
      } catch (error) {
        // Another request was faster, or was about to end.
        if (!DriverError.is(error, 'conflict') || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }

  /** The number of bytes of the upload, even while it is being written; 0 when it is gone. Changes nothing. */
  async size(name: RepositoryName, id: UploadId): Promise<number> {
    const path = this.#paths.uploadData(name, id);
    const { hidesUncommitted, exclusiveWriters } = this.#driver.capabilities;
    const info = await this.#driver.stat(path, { uncommitted: true });
    if (info !== undefined && info.size > 0) return info.size;
    if (!hidesUncommitted || exclusiveWriters) return 0;
    await using writer = (await this.#resumeWriter(path)) ?? null;
    return writer?.size ?? 0;
  }

  /** Whether bytes can be read before they are committed. */
  get showsUncommitted(): boolean {
    return !this.#driver.capabilities.hidesUncommitted;
  }

  /** The content, to verify it. */
  read(name: RepositoryName, id: UploadId, options?: ReadOptions): Promise<ReadStream> {
    return this.#driver.read(this.#paths.uploadData(name, id), options);
  }

  /** Whether a writer can commit its bytes to another path. */
  get commitsElsewhere(): boolean {
    return this.#driver.capabilities.exclusiveWriters;
  }

  /** Moves the committed content to another path, durably, and replaces what is there. One driver call. */
  move(name: RepositoryName, id: UploadId, to: StoragePath): Promise<void> {
    return this.#driver.move(this.#paths.uploadData(name, id), to);
  }

  /** The ids of all uploads of a repository, in byte order; empty when they cannot be read. One driver call. */
  async ids(name: RepositoryName): Promise<UploadId[]> {
    const folder = this.#paths.uploads(name);
    const entries = await this.#bad.pass(folder, () => this.#children(folder), []);
    return entries.map((entry) => entry.name).filter(isUploadId);
  }

  /**
   * When any file of the upload last changed, including its bytes, or whatever is in place of its folder; `undefined`
   * when nothing is there.
   */
  async lastChange(name: RepositoryName, id: UploadId): Promise<Date | undefined> {
    const data = await this.#driver.stat(this.#paths.uploadData(name, id), { uncommitted: true });
    const last = latest(await this.#lastChangeBelow(this.#paths.upload(name, id)), data?.modifiedAt);
    if (last !== undefined) return last;
    const itself = await this.#driver.stat(this.#paths.upload(name, id));
    return itself?.isFolder === false ? itself.modifiedAt : undefined;
  }

  /** Removes every file of the upload; an upload that is already gone is not an error. */
  async remove(name: RepositoryName, id: UploadId): Promise<void> {
    await deleteIfPresent(this.#driver, this.#paths.upload(name, id), NOT_DURABLE);
  }

  async #resumeWriter(path: StoragePath, upTo?: number): Promise<DriverWriter | undefined> {
    try {
      return await this.#driver.openWriter(path, { append: true, upTo });
    } catch (error) {
      if (DriverError.is(error, 'not-found')) return undefined;
      throw error;
    }
  }

  async #lastChangeBelow(folder: StoragePath): Promise<Date | undefined> {
    let last: Date | undefined;
    for (const { name, isFolder } of await this.#children(folder)) {
      const path = childPath(folder, name);
      const changed = isFolder ? await this.#lastChangeBelow(path) : (await this.#driver.stat(path))?.modifiedAt;
      last = latest(last, changed);
    }
    return last;
  }

  async #children(folder: StoragePath): Promise<ListEntry[]> {
    try {
      const entries: ListEntry[] = [];
      for await (const entry of this.#driver.list(folder)) entries.push(entry);
      return entries;
    } catch (error) {
      if (DriverError.is(error, 'not-found')) return [];
      throw error;
    }
  }
}

function latest(one: Date | undefined, other: Date | undefined): Date | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return other > one ? other : one;
}
