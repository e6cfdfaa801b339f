import { LRUCache } from 'lru-cache';
import type { Digest } from '../digest/digest.ts';
import type { DriverCapabilities } from '../driver/index.ts';
import type { RepositoryName } from '../model/reference.ts';
import type { Broadcast } from '../ports/broadcast.ts';
import type { StoredBlob } from '../ports/descriptor-cache.ts';
import { entryLimit } from './entry-limit.ts';

/** How long a delete by another instance may go unnoticed, in milliseconds; the same as for cached descriptors. */
const MAX_AGE_MS = 5_000;
const MAX_BLOBS = 10_000;
/** The subject of messages about a blob deleted from a repository: `<name>@<digest>`. */
const FORGET = 'recent-blobs/forget';
/** The subject of messages about a repository that was deleted; without content. */
const FORGET_ALL = 'recent-blobs/forget-all';

/**
 * The blobs that this process has linked into repositories or found in them in the last five seconds, so that the
 * manifest that a client pushes next needs no look-up for each. Used only if the storage is remote: otherwise asking it
 * is cheap. A blob is forgotten when any process that the broadcast reaches deletes it, and all are when messages may
 * have been missed. A blob that was only found is remembered only if deletes by all instances are broadcast: it may be
 * an old one that another instance is about to remove.
 */
export class RecentBlobs {
  readonly #blobs = new LRUCache<string, StoredBlob>({ ...entryLimit(MAX_BLOBS), ttl: MAX_AGE_MS });
  readonly #broadcast: Broadcast;
  readonly #isRemote: boolean;
  #epoch = 0;

  constructor(broadcast: Broadcast, { locality }: DriverCapabilities) {
    this.#broadcast = broadcast;
    this.#isRemote = locality === 'remote';
    if (!this.#isRemote) return;
    const dropAll = (): void => this.#dropAll();
    broadcast.subscribe(FORGET_ALL, dropAll, dropAll);
    broadcast.subscribe(FORGET, (text) => this.#drop(text), dropAll);
  }

  /** Read it before asking or changing the storage, and pass it to `linked` or `found` afterwards. */
  get epoch(): number {
    return this.#epoch;
  }

  /** A blob that the repository has; `undefined` when the storage must be asked. */
  get(name: RepositoryName, digest: Digest): StoredBlob | undefined {
    return this.#broadcast.isConnected ? this.#blobs.get(`${name}@${digest}`) : undefined;
  }

  /** Remembers a blob whose content and link this process has made durable. */
  linked(name: RepositoryName, digest: Digest, { blob, epoch }: { blob: StoredBlob; epoch: number }): void {
    if (this.#isRemote && epoch === this.#epoch) this.#blobs.set(`${name}@${digest}`, blob);
  }

  /** Remembers a blob that was found in the storage. */
  found(name: RepositoryName, digest: Digest, noted: { blob: StoredBlob; epoch: number }): void {
    if (this.#broadcast.reach === 'instances') this.linked(name, digest, noted);
  }

  /** Resolves when no process that the broadcast reaches still believes that the repository has the blob. */
  async forget(name: RepositoryName, digest: Digest): Promise<void> {
    if (!this.#isRemote) return;
    const text = `${name}@${digest}`;
    this.#drop(text);
    await this.#broadcast.publish(FORGET, text);
  }

  /** Like {@link forget}, for everything. */
  async forgetAll(): Promise<void> {
    if (!this.#isRemote) return;
    this.#dropAll();
    await this.#broadcast.publish(FORGET_ALL, '');
  }

  #dropAll(): void {
    this.#epoch += 1;
    this.#blobs.clear();
  }

  #drop(text: string): void {
    this.#epoch += 1;
    this.#blobs.delete(text);
  }
}
