import { LRUCache } from 'lru-cache';
import type { Digest } from '../digest/digest.ts';
import type { DriverCapabilities } from '../driver/index.ts';
import type { RepositoryName } from '../model/reference.ts';
import type { Broadcast } from '../ports/broadcast.ts';
import type { StoredBlob } from '../ports/descriptor-cache.ts';
import { entryLimit } from './entry-limit.ts';

/** How long a delete of another instance may go unnoticed, in milliseconds; the same as for cached descriptors. */
const MAX_AGE_MS = 5_000;
const MAX_BLOBS = 10_000;
/** The subject of messages that say that a repository has lost a blob: `<name>@<digest>`. */
const FORGET = 'recent-blobs/forget';

/**
 * The blobs that this process has linked into repositories or found in them in the last five seconds, so that the
 * manifest which a client pushes next needs no look-up for each. Only where the storage is remote: elsewhere asking is
 * cheap. A blob is dropped when any process that the broadcast reaches deletes it, and all are when messages may have
 * been missed. A blob that was only found is remembered only where deletes of all instances are broadcast: it may be an
 * old one that another instance is about to remove.
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
    broadcast.subscribe(
      FORGET,
      (text) => this.#drop(text),
      () => {
        this.#epoch += 1;
        this.#blobs.clear();
      },
    );
  }

  /** To be read before the storage is asked or changed, and given to `linked` or `found` afterwards. */
  get epoch(): number {
    return this.#epoch;
  }

  /** A blob that the repository has; `undefined` when the storage must be asked. */
  get(name: RepositoryName, digest: Digest): StoredBlob | undefined {
    return this.#broadcast.isConnected ? this.#blobs.get(`${name}@${digest}`) : undefined;
  }

  /** Notes a blob whose content and link this process has made durable. */
  linked(name: RepositoryName, digest: Digest, { blob, epoch }: { blob: StoredBlob; epoch: number }): void {
    if (this.#isRemote && epoch === this.#epoch) this.#blobs.set(`${name}@${digest}`, blob);
  }

  /** Notes a blob that the storage has shown. */
  found(name: RepositoryName, digest: Digest, noted: { blob: StoredBlob; epoch: number }): void {
    if (this.#broadcast.reach === 'instances') this.linked(name, digest, noted);
  }

  /** Resolves when no process that the broadcast reaches takes the blob for one of the repository. */
  async forget(name: RepositoryName, digest: Digest): Promise<void> {
    if (!this.#isRemote) return;
    const text = `${name}@${digest}`;
    this.#drop(text);
    await this.#broadcast.publish(FORGET, text);
  }

  #drop(text: string): void {
    this.#epoch += 1;
    this.#blobs.delete(text);
  }
}
