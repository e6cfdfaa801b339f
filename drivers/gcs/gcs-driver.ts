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
  type StorageDriver,
  type StoragePath,
  type WriterOptions,
} from '../../core/driver/index.ts';
import { type Bucket, deleteGeneration } from './bucket.ts';
import { BlockPool } from './byte-queue.ts';
import { hasStatus, toDriverError } from './failures.ts';
import { listFolder } from './folder-listing.ts';
import { GcsWriter, UPLOAD_UNIT_BYTES } from './gcs-writer.ts';
import type { KeyMapper } from './keys.ts';
import type { ObjectInfo } from './object-info.ts';
import { ObjectStream, type StreamSource } from './object-stream.ts';
import { endOfFolder, isMarker, UploadMarkers } from './upload-markers.ts';

/** Deletes of one folder that run at once. */
const PARALLEL_DELETES = 16;

/** What a driver is made of. */
export interface GcsParts {
  readonly bucket: Bucket;
  readonly keys: KeyMapper;
  readonly chunkBytes: number;
  /** A URL under which a client can fetch the object itself; `undefined` when nobody can sign one. */
  readonly signUrl?: ((key: string, options: RedirectOptions) => Promise<URL>) | undefined;
}

/** Keeps each path as an object of a bucket of Google Cloud Storage, under the keys of distribution's gcs driver. */
export class GcsDriver implements StorageDriver {
  readonly name = 'gcs';
  readonly capabilities: DriverCapabilities;
  readonly redirectUrl?: (path: StoragePath, options: RedirectOptions) => Promise<URL | undefined>;
  readonly #bucket: Bucket;
  readonly #keys: KeyMapper;
  readonly #markers: UploadMarkers;
  readonly #pool = new BlockPool();
  readonly #chunkBytes: number;

  constructor({ bucket, keys, chunkBytes, signUrl }: GcsParts) {
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
      exclusiveWriters: false,
      redirect: signUrl !== undefined,
      minAppendBytes: UPLOAD_UNIT_BYTES,
    };
  }

  stat(path: StoragePath, { signal }: CallOptions = {}): Promise<FileInfo | undefined> {
    return translated(path, async () => {
      const file = path === ROOT_PATH ? undefined : await this.#file(path, signal);
      if (file !== undefined) return { path, isFolder: false, size: file.size, modifiedAt: file.updatedAt };
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
      const { retries, transport } = this.#bucket;
      const reopen: StreamSource['reopen'] = (generation, from, to, ended) =>
        this.#bucket.openMedia(this.#keys.key(path), { start: from, end: to, generation }, ended);
      try {
        return new ObjectStream({ path, response, start, end, retries, idleMs: transport.idleMs, reopen });
      } catch (error) {
        response.destroy();
        throw error;
      }
    });
  }

  write(path: StoragePath, content: Uint8Array, { signal }: CallOptions = {}): Promise<void> {
    return translated(path, async () => {
      // The caller may use its buffer again before a second attempt.
      await this.#bucket.insert(this.#keys.key(path), { content: [Buffer.from(content)] }, signal);
    });
  }

  openWriter(path: StoragePath, { append, signal }: WriterOptions): Promise<DriverWriter> {
    return translated(path, async () => {
      const key = this.#keys.key(path);
      const parts = {
        bucket: this.#bucket,
        markers: this.#markers,
        pool: this.#pool,
        key,
        chunkBytes: this.#chunkBytes,
      };
      const found = append ? await this.#markers.load(key, signal) : 'empty';
      if (found === undefined) throw new DriverError('not-found', { path });
      if (found === 'committed') {
        const cause = new Error('committed content of Cloud Storage cannot be appended to');
        throw new DriverError('not-supported', { path, cause });
      }
      return translating(path, new GcsWriter({ ...parts, begun: found === 'empty' ? undefined : found }));
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

  async #file(path: StoragePath, signal: AbortSignal | undefined): Promise<ObjectInfo | undefined> {
    const object = await this.#bucket.stat(this.#keys.key(path), signal);
    return object === undefined || isMarker(object) ? undefined : object;
  }

  async #isFolder(path: StoragePath, signal: AbortSignal | undefined): Promise<boolean> {
    const prefix = this.#keys.folder(path);
    const { items } = await this.#bucket.list({ prefix, endOffset: endOfFolder(prefix), maxResults: '1' }, signal);
    return items.length > 0;
  }

  /** `undefined` when the object has no such bytes, or is not there. */
  async #open(path: StoragePath, start: number, end: number, signal: AbortSignal | undefined) {
    try {
      return await this.#bucket.openMedia(this.#keys.key(path), { start, end }, signal);
    } catch (error) {
      if (hasStatus(error, 404)) throw new DriverError('not-found', { path, cause: error });
      if (hasStatus(error, 416)) return undefined;
      throw error;
    }
  }

  /** @returns how many objects there were */
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

function translating(path: string, writer: DriverWriter): DriverWriter {
  return {
    get size() {
      return writer.size;
    },
    append: (body, options) => translated(path, () => writer.append(body, options)),
    commit: () => translated(path, () => writer.commit()),
    cancel: () => translated(path, () => writer.cancel()),
    [Symbol.asyncDispose]: () => translated(path, async () => writer[Symbol.asyncDispose]()),
  };
}
