import { LRUCache } from 'lru-cache';
import type { UploadId } from '../../model/reference.ts';
import type { HeldBytes } from './held-bytes.ts';

/** The most bytes that all uploads of a process hold together. */
const MAX_HELD_TOGETHER = 32 * 1024 * 1024;
/** The largest part of it for uploads that no request is working on. */
const MAX_KEPT_BYTES = 8 * 1024 * 1024;
/** A few hundred bytes each, in addition to the bytes of the upload. */
const MAX_KEPT = 1000;

/** All bytes of an upload that is also stored. */
export interface KeptBytes {
  readonly held: HeldBytes;
  readonly startedAt: Date;
}

/**
 * Memory for the bytes of small uploads, shared by all uploads of a process. Uploads that wait for their next request
 * make room for others, the oldest first.
 */
export class UploadMemory {
  readonly #maxBytes: number;
  readonly #kept = new LRUCache<UploadId, KeptBytes>({
    max: MAX_KEPT,
    maxSize: MAX_KEPT_BYTES,
    sizeCalculation: ({ held }) => Math.max(1, held.blockBytes),
    // After a `delete`, the caller owns the bytes.
    dispose: ({ held }, _id, reason) => {
      if (reason !== 'delete') held[Symbol.dispose]();
    },
  });
  #usedBytes = 0;

  constructor(maxBytes = MAX_HELD_TOGETHER) {
    this.#maxBytes = maxBytes;
  }

  /** Reserves memory; returns whether there was enough. */
  reserve(bytes: number): boolean {
    while (this.#usedBytes + bytes > this.#maxBytes) {
      const oldest = this.#kept.pop();
      if (oldest === undefined) return false;
    }
    this.#usedBytes += bytes;
    return true;
  }

  /** Releases memory. */
  release(bytes: number): void {
    this.#usedBytes -= bytes;
  }

  /** Keeps the bytes of an upload for its next request, and takes ownership of them. */
  keep(id: UploadId, kept: KeptBytes): void {
    this.#kept.set(id, kept);
  }

  /** Passes the bytes of an upload to the caller; `undefined` when there are none. */
  take(id: UploadId): KeptBytes | undefined {
    const kept = this.#kept.get(id);
    this.#kept.delete(id);
    return kept;
  }
}
