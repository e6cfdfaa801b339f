import { LRUCache } from 'lru-cache';
import type { Digest } from '../../../core/digest/digest.ts';
import {
  type CallOptions,
  type ChangeOptions,
  type DriverWriter,
  type FileInfo,
  ForwardingDriver,
  type ReadOptions,
  type ReadStream,
  type StatOptions,
  type StorageDriver,
  type StoragePath,
  type WriteOptions,
  type WriterOptions,
} from '../../../core/driver/index.ts';
import { PathMapper } from '../../../core/storage/paths/path-mapper.ts';
import type { BlobCache } from './blob-cache.ts';

const MAX_SIZES = 10_000;

/** The resources to release with the driver, in this order. */
export type CacheDependencies = readonly AsyncDisposable[];

/**
 * Reads blobs from copies on a local disk, and creates a copy when a whole blob is read. Only content under the path of
 * a digest is copied, because it never changes; everything else, and every `stat`, goes to the backend. It offers no
 * URLs, because a client that follows one would bypass the cache.
 */
export class CacheDriver extends ForwardingDriver {
  readonly #cache: BlobCache;
  readonly #dependencies: CacheDependencies;
  readonly #paths = new PathMapper();
  /** Sizes that `stat` returned, for the read that usually follows. */
  readonly #sizes = new LRUCache<Digest, number>({ max: MAX_SIZES });

  constructor(inner: StorageDriver, cache: BlobCache, dependencies: CacheDependencies) {
    super(inner, { redirect: false });
    this.#cache = cache;
    this.#dependencies = dependencies;
  }

  override async stat(path: StoragePath, options?: StatOptions): Promise<FileInfo | undefined> {
    const info = await this.inner.stat(path, options);
    const digest = info?.isFolder === false ? this.#paths.digestOfBlob(path) : undefined;
    if (digest !== undefined && info !== undefined) this.#sizes.set(digest, info.size);
    return info;
  }

  override async read(path: StoragePath, options: ReadOptions = {}): Promise<ReadStream> {
    const digest = this.#paths.digestOfBlob(path);
    if (digest === undefined) return this.inner.read(path, options);
    return (await this.#cache.open(digest, options)) ?? this.#readMissing(digest, path, options);
  }

  override async write(path: StoragePath, content: Uint8Array, options?: WriteOptions): Promise<void> {
    await this.#changing([path], () => this.inner.write(path, content, options));
  }

  override async openWriter(path: StoragePath, options: WriterOptions): Promise<DriverWriter> {
    const writer = await this.#changing([path], () => this.inner.openWriter(path, options));
    return {
      get size() {
        return writer.size;
      },
      tookOver: writer.tookOver,
      append: (body, call) => writer.append(body, call),
      commit: (to = path) => this.#changing([path, to], () => writer.commit(to === path ? undefined : to)),
      cancel: () => this.#changing([path], () => writer.cancel()),
      [Symbol.asyncDispose]: async () => writer[Symbol.asyncDispose](),
    };
  }

  override async move(from: StoragePath, to: StoragePath, options?: ChangeOptions): Promise<void> {
    await this.#changing([from, to], () => this.inner.move(from, to, options));
  }

  override async delete(path: StoragePath, options?: ChangeOptions): Promise<void> {
    await this.#changing([path], () => this.inner.delete(path, options));
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    for (const dependency of this.#dependencies) await dependency[Symbol.asyncDispose]();
    await super[Symbol.asyncDispose]();
  }

  async #readMissing(digest: Digest, path: StoragePath, options: ReadOptions): Promise<ReadStream> {
    const { start = 0, end = Infinity, signal } = options;
    const size = start === 0 ? await this.#sizeOf(digest, path, options) : undefined;
    // A partial read starts no copy: the client may need only a few parts.
    if (size === undefined || end < size || !this.#cache.takes(digest, size)) return this.inner.read(path, options);
    const fill = this.#cache.fill(digest, size, (call) => this.inner.read(path, call));
    if (fill === undefined || !(await fill.hasBegun(signal))) return this.inner.read(path, options);
    return fill.follow(async (rest) => (await this.#cache.open(digest, rest)) ?? this.inner.read(path, rest));
  }

  async #sizeOf(digest: Digest, path: StoragePath, options: CallOptions): Promise<number | undefined> {
    const known = this.#sizes.get(digest);
    if (known !== undefined) return known;
    const info = await this.stat(path, { signal: options.signal });
    return info?.isFolder === false ? info.size : undefined;
  }

  /** Drops the copies of everything at or below the paths, even when the change failed: it may have taken effect. */
  async #changing<Result>(paths: readonly StoragePath[], change: () => Promise<Result>): Promise<Result> {
    try {
      return await change();
    } finally {
      for (const path of paths) await this.#drop(path);
    }
  }

  async #drop(path: StoragePath): Promise<void> {
    const blobs = this.#paths.blobs();
    if (!isWithin(path, blobs) && !isWithin(blobs, path)) return;
    const digest = this.#paths.digestOfBlob(path) ?? this.#paths.digestOfBlob(`${path}/data` as StoragePath);
    if (digest === undefined) {
      this.#sizes.clear();
      await this.#cache.dropAll((one) => isWithin(this.#paths.blobData(one), path));
      return;
    }
    this.#sizes.delete(digest);
    await this.#cache.drop(digest);
  }
}

function isWithin(path: StoragePath, folder: StoragePath): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}
