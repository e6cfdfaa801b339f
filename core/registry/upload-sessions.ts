import { LRUCache } from 'lru-cache';
import { inject, injectable, LOCKS } from '../di.ts';
import { CANONICAL_ALGORITHM, Digester } from '../digest.ts';
import type { Locks } from '../ports.ts';
import type { UploadId } from '../reference.ts';

/** A few hundred bytes each; an upload that fell out is read again when it is finished. */
const MAX_DIGESTERS = 1000;

/**
 * What this process knows of uploads in progress: who holds one, how far it is, and the digest of the bytes
 * that passed through here, so that finishing need not read them again.
 */
@injectable()
export class UploadSessions {
  readonly #locks: Locks;
  readonly #digesters = new LRUCache<UploadId, Digester>({ max: MAX_DIGESTERS });
  readonly #sizes = new Map<UploadId, () => number>();

  constructor(@inject(LOCKS) locks: Locks) {
    this.#locks = locks;
  }

  /** Takes the upload for one writer; `undefined` when another one has it. */
  async tryHold(id: UploadId): Promise<AsyncDisposable | undefined> {
    const lock = await this.#locks.tryHold(`upload:${id}`);
    if (lock === undefined) return undefined;
    return {
      [Symbol.asyncDispose]: async () => {
        this.#sizes.delete(id);
        await lock[Symbol.asyncDispose]();
      },
    };
  }

  /** Lets others ask how far the holder of an upload is. */
  announce(id: UploadId, size: () => number): void {
    this.#sizes.set(id, size);
  }

  /** Bytes of an upload that is being written by this process right now. */
  liveSize(id: UploadId): number | undefined {
    return this.#sizes.get(id)?.();
  }

  /**
   * The digester that has seen exactly the first `size` bytes; `undefined` when some of them passed elsewhere.
   * @param algorithm what a digester of an empty upload is made with
   */
  digester(id: UploadId, size: number, algorithm: string = CANONICAL_ALGORITHM): Digester | undefined {
    if (size === 0) {
      const digester = new Digester(algorithm);
      this.#digesters.set(id, digester);
      return digester;
    }
    const digester = this.#digesters.get(id);
    if (digester?.size === size) return digester;
    // Sizes that differ now could agree later by chance, over other bytes.
    this.#digesters.delete(id);
    return undefined;
  }

  /** Forgets the digest of an upload: it is finished, removed, or has bytes that were not seen. */
  forget(id: UploadId): void {
    this.#digesters.delete(id);
  }
}
