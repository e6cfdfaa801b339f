import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  type CallOptions,
  type DriverCapabilities,
  DriverError,
  type DriverWriter,
  type FileInfo,
  type ListEntry,
  type ReadOptions,
  type RedirectOptions,
  ROOT_PATH,
  type StatOptions,
  type StorageDriver,
  type StoragePath,
  type WriteOptions,
  type WriterOptions,
} from '../../core/driver/index.ts';
import { type Bucket, deleteGeneration, type NewObject } from './bucket.ts';
import { BlockPool } from './byte-queue.ts';
import { hasStatus, toDriverError } from './failures.ts';
import { listFolder } from './folder-listing.ts';
import { GcsWriter } from './gcs-writer.ts';
import type { KeyMapper } from './keys.ts';
import type { ObjectInfo } from './object-info.ts';
import { ObjectStream, type StreamSource } from './object-stream.ts';
import { acknowledgedBytes, endOfFolder, isMarker, type KeptUpload, UploadMarkers } from './upload-markers.ts';
import { UPLOAD_UNIT_BYTES } from './writer-dependencies.ts';

/** The number of concurrent deletes in one folder. */
const PARALLEL_DELETES = 16;

/** The dependencies of a {@link GcsDriver}. */
export interface GcsDependencies {
  readonly bucket: Bucket;
  readonly keys: KeyMapper;
  readonly chunkBytes: number;
  /** Creates a URL from which a client can fetch the object directly; `undefined` without a key to sign it. */
  readonly signUrl?: ((key: string, options: RedirectOptions) => Promise<URL>) | undefined;
}

/** Stores each path as an object in a bucket of Google Cloud Storage, under the keys of distribution's gcs driver. */
export class GcsDriver implements StorageDriver {
  readonly name = 'gcs';
  readonly capabilities: DriverCapabilities;
  readonly redirectUrl?: (path: StoragePath, options: RedirectOptions) => Promise<URL | undefined>;
  readonly #bucket: Bucket;
  readonly #keys: KeyMapper;
  readonly #markers: UploadMarkers;
  readonly #pool = new BlockPool();
  readonly #chunkBytes: number;

  constructor({ bucket, keys, chunkBytes, signUrl }: GcsDependencies) {
    this.#bucket = bucket;
    this.#keys = keys;
    this.#markers = new UploadMarkers(bucket);
    this.#chunkBytes = chunkBytes;
    if (signUrl !== undefined) this.redirectUrl = (path, options) => signUrl(keys.key(path), options);
    this.capabilities = {
      locality: 'remote',
      persistent: true,
      shared: true,
      atomicMove: true,
      strongListing: true,
      hidesUncommitted: true,
      exclusiveWriters: true,
      redirect: signUrl !== undefined,
      conditionalWrites: true,
      hidesEmptyFolders: true,
      minAppendBytes: UPLOAD_UNIT_BYTES,
    };
  }

  stat(path: StoragePath, { signal, uncommitted = false }: StatOptions = {}): Promise<FileInfo | undefined> {
    return translated(path, async () => {
      const object = path === ROOT_PATH ? undefined : await this.#bucket.stat(this.#keys.key(path), signal);
      const size = object === undefined ? undefined : sizeOf(object, uncommitted);
      if (object !== undefined && size !== undefined)
        return { path, isFolder: false, size, modifiedAt: object.updatedAt };
      const isFolder = path === ROOT_PATH || (await this.#isFolder(path, signal));
      return isFolder ? { path, isFolder: true, size: 0, modifiedAt: new Date(0) } : undefined;
    });
  }

  read(path: StoragePath, { start = 0, end = Infinity, signal }: ReadOptions = {}): Promise<Readable> {
    return translated(path, async () => {
      const response = start < end ? await this.#open(path, start, end, signal) : undefined;
      if (response !== undefined && isMarker({ contentType: response.headers['content-type'] ?? '' })) {
        response.destroy();
        throw new DriverError('not-found', { path });
      }
      if (response === undefined) {
        if ((await this.#file(path, signal)) === undefined) throw new DriverError('not-found', { path });
        return Readable.from([], { objectMode: false });
      }
      return this.#stream({ path, key: this.#keys.key(path), response, start, end });
    });
  }

  write(path: StoragePath, content: Uint8Array, { ifAbsent = false, signal }: WriteOptions = {}): Promise<void> {
    return translated(path, async () => {
      // The caller may reuse its buffer before a second attempt.
      const object = { content: [Buffer.from(content)], ...(ifAbsent && createdOnce()) };
      await this.#bucket.insert(this.#keys.key(path), object, signal);
    });
  }

  openWriter(
    path: StoragePath,
    { append, ifAbsent = false, upTo = Infinity, signal }: WriterOptions,
  ): Promise<DriverWriter> {
    return translated(path, async () => {
      const key = this.#keys.key(path);
      const found = append ? await this.#markers.load(key, signal) : 'empty';
      if (found === undefined) throw new DriverError('not-found', { path });
      if (found === 'committed') {
        const cause = new Error('committed content of Cloud Storage cannot be appended to');
        throw new DriverError('not-supported', { path, cause });
      }
      if (found !== 'empty') checkBegin(found, upTo);
      const writer = new GcsWriter({
        bucket: this.#bucket,
        markers: this.#markers,
        pool: this.#pool,
        key,
        chunkBytes: this.#chunkBytes,
        begun: found === 'empty' ? undefined : found,
        mustBeFirst: ifAbsent,
      });
      if (found !== 'empty') await this.#takeOver(path, { writer, found });
      return this.#translating(path, writer);
    });
  }

  async *list(
    folder: StoragePath,
    { after = '', signal }: CallOptions & { readonly after?: string | undefined } = {},
  ): AsyncGenerator<ListEntry, void, undefined> {
    const entries = listFolder({ bucket: this.#bucket, folderKey: this.#keys.folder(folder), after, signal });
    for (;;) {
      const next = await translated(folder, () => entries.next());
      if (next.done !== true) {
        yield next.value;
        continue;
      }
      const isThere = next.value || folder === ROOT_PATH || (after !== '' && (await this.#isFolder(folder, signal)));
      if (!isThere) throw new DriverError('not-found', { path: folder });
      return;
    }
  }

  move(from: StoragePath, to: StoragePath, { signal }: CallOptions = {}): Promise<void> {
    return translated(from, async () => {
      const source = await this.#file(from, signal);
      if (source === undefined) throw new DriverError('not-found', { path: from });
      if (from === to) return;
      await this.#bucket.copy(source.key, source.generation, this.#keys.key(to), signal);
      await deleteGeneration(this.#bucket, source.key, source.generation);
    });
  }

  delete(path: StoragePath, { signal }: CallOptions = {}): Promise<void> {
    return translated(path, async () => {
      const [isFile, count] = await Promise.all([
        this.#bucket.delete(this.#keys.key(path), undefined, signal),
        this.#deleteBelow(this.#keys.folder(path), signal),
      ]);
      if (!isFile && count === 0) throw new DriverError('not-found', { path });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#bucket.transport[Symbol.dispose]();
  }

  /**
   * Excludes the writer that has the upload, if any, and the owner of a session whose object has the key of the upload.
   */
  async #takeOver(
    path: StoragePath,
    { writer, found }: { readonly writer: GcsWriter; readonly found: KeptUpload },
  ): Promise<void> {
    const { state, marker, isOpen } = found;
    // The session of distribution, or of a Stowage without claims, has the key of the upload: it replaces that object
    // when it ends.
    const isForeign = state.session !== undefined && state.session.objectKey === undefined;
    if (!isOpen && !isForeign) return;
    if (isForeign && marker.key !== this.#keys.key(path)) throw new DriverError('not-supported', { path });
    try {
      await writer.takeOver(found, async ({ key, generation }, end) => {
        const response = await this.#bucket.openMedia(key, { start: 0, end, generation });
        return this.#stream({ path, key, response, start: 0, end });
      });
    } catch (error) {
      await writer.forget();
      throw error;
    }
  }

  #stream({ key, response, ...range }: Pick<StreamSource, 'path' | 'response' | 'start' | 'end'> & { key: string }) {
    const { retries, transport } = this.#bucket;
    const reopen: StreamSource['reopen'] = (generation, start, end, signal) =>
      this.#bucket.openMedia(key, { start, end, generation }, signal);
    try {
      return new ObjectStream({ ...range, response, retries, idleMs: transport.idleMs, reopen });
    } catch (error) {
      response.destroy();
      throw error;
    }
  }

  #translating(path: StoragePath, writer: GcsWriter): DriverWriter {
    return {
      get size() {
        return writer.size;
      },
      tookOver: writer.tookOver,
      append: (body, options) => translated(path, () => writer.append(body, options)),
      commit: (to = path) => translated(path, () => writer.commit(this.#keys.key(to))),
      cancel: () => translated(path, () => writer.cancel()),
      [Symbol.asyncDispose]: () => translated(path, async () => writer[Symbol.asyncDispose]()),
    };
  }

  async #file(path: StoragePath, signal: AbortSignal | undefined): Promise<ObjectInfo | undefined> {
    const object = await this.#bucket.stat(this.#keys.key(path), signal);
    return object === undefined || isMarker(object) ? undefined : object;
  }

  async #isFolder(path: StoragePath, signal: AbortSignal | undefined): Promise<boolean> {
    const prefix = this.#keys.folder(path);
    const { items } = await this.#bucket.list({ prefix, endOffset: endOfFolder(prefix), maxResults: '1' }, signal);
    return items.length > 0;
  }

  /** `undefined` when the object does not exist or has no such bytes. */
  async #open(path: StoragePath, start: number, end: number, signal: AbortSignal | undefined) {
    try {
      return await this.#bucket.openMedia(this.#keys.key(path), { start, end }, signal);
    } catch (error) {
      if (hasStatus(error, 404)) throw new DriverError('not-found', { path, cause: error });
      if (hasStatus(error, 416)) return undefined;
      throw error;
    }
  }

  /** @returns the number of objects */
  async #deleteBelow(prefix: string, signal: AbortSignal | undefined): Promise<number> {
    let count = 0;
    for (let pageToken: string | undefined; ; ) {
      const { items, nextPageToken } = await this.#bucket.list({ prefix, pageToken }, signal);
      count += items.length;
      const left = items.values();
      const work = async (): Promise<void> => {
        for (const { name } of left) await this.#bucket.delete(name, undefined, signal);
      };
      await Promise.all(Array.from({ length: PARALLEL_DELETES }, work));
      if (nextPageToken === undefined) return count;
      pageToken = nextPageToken;
    }
  }
}

async function translated<Result>(path: string, action: () => Promise<Result>): Promise<Result> {
  try {
    return await action();
  } catch (error) {
    throw toDriverError(error, path);
  }
}

/** @throws DriverError `conflict` when an open writer began after more than `upTo` bytes, which it must keep */
function checkBegin({ state: { offset, tail }, isOpen }: KeptUpload, upTo: number): void {
  const begunAt = tail.reduce((bytes, chunk) => bytes + chunk.byteLength, offset);
  if (!isOpen || upTo >= begunAt) return;
  throw new DriverError('conflict', { cause: new Error(`another writer has begun after ${begunAt} bytes`) });
}

/** Stores only if no object exists; a second attempt recognises by the metadata what the first one stored. */
function createdOnce(): Pick<NewObject, 'ifGeneration' | 'isUnique' | 'metadata'> {
  return { ifGeneration: '0', isUnique: true, metadata: { 'Stowage-Creation': randomUUID() } };
}

function sizeOf(object: ObjectInfo, uncommitted: boolean): number | undefined {
  if (!isMarker(object)) return object.size;
  return uncommitted ? acknowledgedBytes(object) : undefined;
}
