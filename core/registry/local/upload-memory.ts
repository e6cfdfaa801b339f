import { LRUCache } from 'lru-cache';
import type { UploadId } from '../../model/reference.ts';
import type { HeldBytes } from './held-bytes.ts';

/** The largest number of bytes that all uploads of a process hold together. */
const MAX_HELD_TOGETHER = 32 * 1024 * 1024;
/** The largest share of it for uploads that no request is working on. */
const MAX_KEPT_BYTES = 8 * 1024 * 1024;
/** A few hundred bytes each, besides those of the upload. */
const MAX_KEPT = 1000;

/** All bytes of an upload that is stored as well. */
export interface KeptBytes {
  readonly held: HeldBytes;
  readonly startedAt: Date;
}

/**
 * Memory for the bytes of small uploads, shared by all uploads of a process. Those of an upload that waits for its next
 * request make room for others, the oldest first.
 */
export class UploadMemory {
  readonly #maxBytes: number;
  readonly #kept = new LRUCache<UploadId, KeptBytes>({
    max: MAX_KEPT,
    maxSize: MAX_KEPT_BYTES,
    sizeCalculation: ({ held }) => Math.max(1, held.blockBytes),
    // A `delete` hands the bytes over.
    dispose: ({ held }, _id, reason) => {
      if (reason !== 'delete') held[Symbol.dispose]();
    },
  });
  #usedBytes = 0;

  constructor(maxBytes = MAX_HELD_TOGETHER) {
    this.#maxBytes = maxBytes;
  }

  /** Takes memory; returns whether there was enough. */
  reserve(bytes: number): boolean {
    while (this.#usedBytes + bytes > this.#maxBytes) {
      const oldest = this.#kept.pop();
      if (oldest === undefined) return false;
    }
    this.#usedBytes += bytes;
    return true;
  }

  /** Gives memory back. */
  release(bytes: number): void {
    this.#usedBytes -= bytes;
  }

  /** Keeps the bytes of an upload for its next request; from now on they belong to this memory. */
  keep(id: UploadId, kept: KeptBytes): void {
    this.#kept.set(id, kept);
  }

  /** Hands the bytes of an upload over; `undefined` when there are none. */
  take(id: UploadId): KeptBytes | undefined {
    const kept = this.#kept.get(id);
    this.#kept.delete(id);
    return kept;
  }
}
