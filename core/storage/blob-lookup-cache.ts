import { BROADCAST, DESCRIPTOR_CACHE, inject, injectable, injectOptional, LOGGER, STORAGE_DRIVER } from '../di.ts';
import { type Digest, parseDigest } from '../digest/digest.ts';
import type { StorageDriver } from '../driver/index.ts';
import { parseRepositoryName, type RepositoryName } from '../model/reference.ts';
import type { Broadcast } from '../ports/broadcast.ts';
import type { DescriptorCache, StoredBlob } from '../ports/descriptor-cache.ts';
import type { Logger } from '../ports/logger.ts';
import { SizeClaims } from './size-claims.ts';

/** The subject of messages that say that a repository has lost a blob: `<name>@<digest>`. */
const FORGET = 'known-blobs/forget';

/** The time from one delete to the next; an answer of the storage holds in that in which it was asked. */
export interface Epoch {
  readonly count: number;
  /** When the storage was going to be asked, by the monotonic clock. */
  readonly startedAt: number;
}

/**
 * What the descriptor cache knows, if there is one that answers sooner than the storage. It is dropped when a process
 * that the broadcast reaches deletes the blob; a cache that fails costs no more than asking the storage.
 */
@injectable()
export class BlobLookupCache {
  /** What is known of the sizes that blobs should have. */
  readonly claims: SizeClaims;
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
    this.#isNearer = cache?.isRemote !== true || capabilities.locality === 'remote';
    if (cache === undefined) return;
    const act = (text: string): void => {
      const cut = text.indexOf('@');
      void this.#drop(cache, parseRepositoryName(text.slice(0, cut)), parseDigest(text.slice(cut + 1)));
    };
    broadcast.subscribe(FORGET, act, () => {
      this.#epoch += 1;
      void this.#ask('clear', async () => cache.clear?.());
    });
  }

  /** What the repository is known to have; `undefined` when the storage must be asked. */
  async get(name: RepositoryName, digest: Digest): Promise<StoredBlob | undefined> {
    const cache = this.#cache;
    if (cache === undefined || !this.#isNearer || !this.#broadcast.isConnected) return undefined;
    return this.#ask('get', () => cache.get(name, digest));
  }

  /** To be read before the storage is asked, and given to `remember` with the answer. */
  get epoch(): Epoch {
    return { count: this.#epoch, startedAt: performance.now() };
  }

  /** Notes what the storage said, unless something was forgotten since `epoch` was read. */
  remember(name: RepositoryName, digest: Digest, { blob, epoch }: { blob: StoredBlob; epoch: Epoch }): void {
    const cache = this.#cache;
    if (cache === undefined || !this.#isNearer || epoch.count !== this.#epoch) return;
    // Nobody waits for it: the answer is there.
    void this.#ask('set', () => cache.set(name, digest, blob, performance.now() - epoch.startedAt));
  }

  /** Resolves when no process that the broadcast reaches takes the blob for one of the repository. */
  async forget(name: RepositoryName, digest: Digest): Promise<void> {
    if (this.#cache === undefined) return;
    // At once, because each may have to wait until nobody trusts what it remembers.
    await Promise.all([this.#drop(this.#cache, name, digest), this.#broadcast.publish(FORGET, `${name}@${digest}`)]);
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
