import { BROADCAST, DESCRIPTOR_CACHE, inject, injectable, injectOptional, LOGGER, STORAGE_DRIVER } from '../di.ts';
import { type Digest, parseDigest } from '../digest/digest.ts';
import type { StorageDriver } from '../driver/index.ts';
import { parseRepositoryName, type RepositoryName } from '../model/reference.ts';
import type { Broadcast } from '../ports/broadcast.ts';
import type { DescriptorCache, StoredBlob } from '../ports/descriptor-cache.ts';
import type { Logger } from '../ports/logger.ts';
import { RecentBlobs } from './recent-blobs.ts';
import { SizeClaims } from './size-claims.ts';

/** The subject of messages about a blob deleted from a repository: `<name>@<digest>`. */
const FORGET = 'known-blobs/forget';
/** The subject of messages about a repository that was deleted: `<name>`. */
const FORGET_REPOSITORY = 'known-blobs/forget-repository';

/**
 * The time from one delete to the next. An answer of the storage is valid only in the epoch in which it was requested.
 */
export interface Epoch {
  readonly count: number;
  /** When the request to the storage was about to start, by the monotonic clock. */
  readonly startedAt: number;
}

/**
 * Looks blobs up in the descriptor cache, if one is configured that answers sooner than the storage. An entry is
 * dropped when any process that the broadcast reaches deletes the blob. When the cache fails, the storage is asked
 * instead.
 */
@injectable()
export class BlobLookupCache {
  /** What this process knows about the sizes that blobs should have. */
  readonly claims: SizeClaims;
  /** The blobs that this process linked or found a moment ago. */
  readonly recent: RecentBlobs;
  readonly #cache: DescriptorCache | undefined;
  readonly #broadcast: Broadcast;
  readonly #log: Logger;
  readonly #isNearer: boolean;
  #epoch = 0;

  constructor(
    @injectOptional(DESCRIPTOR_CACHE) cache: DescriptorCache | undefined,
    @inject(BROADCAST) broadcast: Broadcast,
    @inject(LOGGER) log: Logger,
    @inject(STORAGE_DRIVER) { capabilities }: StorageDriver,
  ) {
    this.#cache = cache;
    this.#broadcast = broadcast;
    this.#log = log;
    this.claims = new SizeClaims(broadcast);
    this.recent = new RecentBlobs(broadcast, capabilities);
    this.#isNearer = cache?.isRemote !== true || capabilities.locality === 'remote';
    if (cache === undefined) return;
    const act = (text: string): void => {
      const cut = text.indexOf('@');
      void this.#drop(cache, parseRepositoryName(text.slice(0, cut)), parseDigest(text.slice(cut + 1)));
    };
    const clear = (): void => {
      this.#epoch += 1;
      void this.#ask('clear', async () => cache.clear?.());
    };
    broadcast.subscribe(FORGET, act, clear);
    broadcast.subscribe(FORGET_REPOSITORY, clear, () => undefined);
  }

  /** The cached blob of the repository; `undefined` when the storage must be asked. */
  async get(name: RepositoryName, digest: Digest): Promise<StoredBlob | undefined> {
    const cache = this.#cache;
    if (cache === undefined || !this.#isNearer || !this.#broadcast.isConnected) return undefined;
    return this.#ask('get', () => cache.get(name, digest));
  }

  /** Read this before asking the storage, and pass it to `remember` with the answer. */
  get epoch(): Epoch {
    return { count: this.#epoch, startedAt: performance.now() };
  }

  /** Caches the answer of the storage, unless an entry was dropped since `epoch` was read. */
  remember(name: RepositoryName, digest: Digest, { blob, epoch }: { blob: StoredBlob; epoch: Epoch }): void {
    const cache = this.#cache;
    if (cache === undefined || !this.#isNearer || epoch.count !== this.#epoch) return;
    // Not awaited: the caller already has its answer.
    void this.#ask('set', () => cache.set(name, digest, blob, performance.now() - epoch.startedAt));
  }

  /** Resolves once every process that the broadcast reaches has stopped treating the blob as part of the repository. */
  async forget(name: RepositoryName, digest: Digest): Promise<void> {
    const recent = this.recent.forget(name, digest);
    // In parallel, because each may have to wait until no process trusts its cached entries any longer.
    await Promise.all([recent, this.#cache === undefined ? undefined : this.#forgetCached(this.#cache, name, digest)]);
  }

  /**
   * Like {@link forget}, for a repository after all its links were removed and dropped here. Processes with a cache
   * of their own forget everything: a deleted repository is rare, and asking the storage is always right.
   */
  async forgetRepository(name: RepositoryName): Promise<void> {
    await this.recent.forgetAll();
    if (this.#cache === undefined) return;
    await this.#broadcast.publish(FORGET_REPOSITORY, name);
  }

  /** Removes the entry of a blob from the cache of this process, or of all instances if they share one. */
  async drop(name: RepositoryName, digest: Digest): Promise<void> {
    if (this.#cache !== undefined) await this.#drop(this.#cache, name, digest);
  }

  async #forgetCached(cache: DescriptorCache, name: RepositoryName, digest: Digest): Promise<void> {
    await Promise.all([this.#drop(cache, name, digest), this.#broadcast.publish(FORGET, `${name}@${digest}`)]);
  }

  async #drop(cache: DescriptorCache, name: RepositoryName, digest: Digest): Promise<void> {
    this.#epoch += 1;
    await this.#ask('delete', () => cache.delete(name, digest));
  }

  async #ask<Result>(call: string, action: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await action();
    } catch (error) {
      this.#log.warn({ err: error, call }, 'the descriptor cache failed');
      return undefined;
    }
  }
}
