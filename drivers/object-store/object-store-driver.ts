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
import { BlockPool } from './byte-queue.ts';
import { Deletions } from './deletions.ts';
import { hasStatus, toDriverError } from './failures.ts';
import { firstKey, listFolder } from './folder-listing.ts';
import type { KeyMapper } from './keys.ts';
import { endOfFolder, isMarker } from './marker-keys.ts';
import { ABSENT, type NewObject, type ObjectContent, type ObjectInfo, type ObjectStore } from './object-store.ts';
import { ObjectStream } from './object-stream.ts';
import { ObjectWriter } from './object-writer.ts';
import { deleteVersion } from './stored-object.ts';
import { type KeptUpload, UploadMarkers } from './upload-markers.ts';

/** The dependencies of an {@link ObjectStoreDriver}. */
export interface ObjectStoreDependencies {
  /** The name of the driver. */
  readonly name: string;
  /** Disposed with the driver. */
  readonly store: ObjectStore;
  readonly keys: KeyMapper;
}

/** Stores each path as an object of a store, under the keys of distribution's drivers. There are no objects for folders. */
export class ObjectStoreDriver implements StorageDriver {
  readonly name: string;
  readonly capabilities: DriverCapabilities;
  readonly redirectUrl?: (path: StoragePath, options: RedirectOptions) => Promise<URL | undefined>;
  readonly #store: ObjectStore;
  readonly #keys: KeyMapper;
  readonly #markers: UploadMarkers;
  readonly #deletions: Deletions;
  readonly #pool = new BlockPool();

  constructor({ name, store, keys }: ObjectStoreDependencies) {
    this.name = name;
    this.#store = store;
    this.#keys = keys;
    this.#markers = new UploadMarkers(store);
    this.#deletions = new Deletions(store, this.#markers);
    if (store.signUrl !== undefined) {
      this.redirectUrl = async (path, options) => store.signUrl?.(keys.key(path), options);
    }
    const { conditionalPuts, parts, persistent = true, atomicCopies = true } = store.capabilities;
    this.capabilities = {
      locality: 'remote',
      persistent,
      shared: persistent,
      atomicMove: atomicCopies,
      strongListing: true,
      hidesUncommitted: true,
      exclusiveWriters: conditionalPuts,
      redirect: store.signUrl !== undefined,
      conditionalWrites: conditionalPuts,
      hidesEmptyFolders: true,
      minAppendBytes: parts.minBytes,
    };
  }

  stat(path: StoragePath, { signal, uncommitted = false }: StatOptions = {}): Promise<FileInfo | undefined> {
    return translated(path, async () => {
      const key = this.#keys.key(path);
      const object = path === ROOT_PATH ? undefined : await this.#store.head(key, { signal });
      if (object !== undefined && !isMarker(object))
        return { path, isFolder: false, size: object.size, modifiedAt: object.modifiedAt };
      const kept =
        uncommitted && path !== ROOT_PATH ? await this.#markers.acknowledged(key, object, signal) : undefined;
      if (kept !== undefined) return { path, isFolder: false, size: kept.bytes, modifiedAt: kept.marker.modifiedAt };
      const isFolder = path === ROOT_PATH || (await this.#isFolder(path, signal));
      return isFolder ? { path, isFolder: true, size: 0, modifiedAt: new Date(0) } : undefined;
    });
  }

  read(path: StoragePath, { start = 0, end = Infinity, signal }: ReadOptions = {}): Promise<Readable> {
    return translated(path, async () => {
      const content = start < end ? await this.#open(path, start, end, signal) : undefined;
      if (content !== undefined && isMarker(content)) {
        content.body.destroy();
        throw new DriverError('not-found', { path });
      }
      if (content === undefined) {
        if ((await this.#file(path, signal)) === undefined) throw new DriverError('not-found', { path });
        return Readable.from([], { objectMode: false });
      }
      return new ObjectStream({ store: this.#store, path, key: this.#keys.key(path), content, start, end });
    });
  }

  write(path: StoragePath, content: Uint8Array, { ifAbsent = false, signal }: WriteOptions = {}): Promise<void> {
    return translated(path, async () => {
      // The caller may reuse its buffer before a second attempt.
      const object = { content: [Buffer.from(content)], ...(ifAbsent && createdOnce()) };
      await this.#store.put(this.#keys.key(path), object, { signal });
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
        const cause = new Error(`committed content of ${this.#store.service} cannot be appended to`);
        throw new DriverError('not-supported', { path, cause });
      }
      if (found !== 'empty') checkBegin(found, upTo);
      const writer = new ObjectWriter({
        store: this.#store,
        markers: this.#markers,
        pool: this.#pool,
        key,
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
    const entries = listFolder({ store: this.#store, folderKey: this.#keys.folder(folder), after, signal });
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
      await this.#store.copy(source, this.#keys.key(to), { signal });
      await deleteVersion(this.#store, source);
    });
  }

  delete(path: StoragePath, { signal }: CallOptions = {}): Promise<void> {
    return translated(path, async () => {
      const isFound = await this.#deletions.path(this.#keys.key(path), this.#keys.folder(path), signal);
      if (!isFound) throw new DriverError('not-found', { path });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#store[Symbol.dispose]();
  }

  /**
   * Excludes the writer that has the upload, if any, and the owner of a session whose object has the key of the upload.
   */
  async #takeOver(
    path: StoragePath,
    { writer, found }: { readonly writer: ObjectWriter; readonly found: KeptUpload },
  ): Promise<void> {
    const { state, marker, isOpen } = found;
    // The session of distribution, or of a Stowage without claims, has the key of the upload: it replaces that object
    // when it ends.
    const isForeign = state.session !== undefined && state.session.objectKey === undefined;
    if (!isOpen && !isForeign) return;
    if (isForeign && marker.key !== this.#keys.key(path)) throw new DriverError('not-supported', { path });
    try {
      await writer.takeOver(found, async ({ key, version }, end) => {
        const content = await this.#store.get(key, { start: 0, end, version });
        return new ObjectStream({ store: this.#store, path, key, content, start: 0, end });
      });
    } catch (error) {
      await writer.forget();
      throw error;
    }
  }

  #translating(path: StoragePath, writer: ObjectWriter): DriverWriter {
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
    const object = await this.#store.head(this.#keys.key(path), { signal });
    return object === undefined || isMarker(object) ? undefined : object;
  }

  async #isFolder(path: StoragePath, signal: AbortSignal | undefined): Promise<boolean> {
    const prefix = this.#keys.folder(path);
    const before = endOfFolder(prefix);
    const key = await firstKey(this.#store, { prefix, before }, signal);
    return key !== undefined && key < before;
  }

  /** `undefined` when the object does not exist or has no such bytes. */
  async #open(
    path: StoragePath,
    start: number,
    end: number,
    signal: AbortSignal | undefined,
  ): Promise<ObjectContent | undefined> {
    try {
      return await this.#store.get(this.#keys.key(path), { start, end, signal });
    } catch (error) {
      if (hasStatus(error, 404)) throw new DriverError('not-found', { path, cause: error });
      if (hasStatus(error, 416)) return undefined;
      throw error;
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
function createdOnce(): Pick<NewObject, 'ifVersion' | 'isUnique' | 'metadata'> {
  return { ifVersion: ABSENT, isUnique: true, metadata: { 'Stowage-Creation': randomUUID() } };
}
