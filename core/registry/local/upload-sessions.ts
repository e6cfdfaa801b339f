import { LRUCache } from 'lru-cache';
import { BROADCAST, inject, injectable, LOCKS } from '../../di.ts';
import type { Digester } from '../../digest/digester.ts';
import { isUploadId, type UploadId } from '../../model/reference.ts';
import type { Broadcast } from '../../ports/broadcast.ts';
import type { Lock, Locks } from '../../ports/locks.ts';

/** A few hundred bytes each; an upload that was evicted resumes from its saved state. */
const MAX_DIGESTERS = 1000;
/** A hundred bytes each. */
const MAX_ENDED = 10_000;
/** The subject of messages that ask whether an upload has ended: its id. A process that has ended it answers by {@link ENDED}. */
const ASK_ENDED = 'uploads/ask-ended';
/** The subject of messages that say that an upload has ended: its id. */
const ENDED = 'uploads/ended';

/**
 * What this process knows of uploads in progress: who holds one, how far it is, and the digest of the bytes
 * that passed through here, so that finishing need not read them again.
 */
@injectable()
export class UploadSessions {
  readonly #locks: Locks;
  readonly #broadcast: Broadcast;
  readonly #digesters = new LRUCache<UploadId, Digester>({ max: MAX_DIGESTERS });
  readonly #sizes = new Map<UploadId, () => number>();
  readonly #ended = new LRUCache<UploadId, true>({ max: MAX_ENDED });

  constructor(@inject(LOCKS) locks: Locks, @inject(BROADCAST) broadcast: Broadcast) {
    this.#locks = locks;
    this.#broadcast = broadcast;
    // Nothing is cached of what was missed: whoever asks and gets no answer takes the upload for one that goes on.
    const missed = (): void => undefined;
    broadcast.subscribe(ASK_ENDED, (id) => void this.#answer(id), missed);
    broadcast.subscribe(ENDED, (id) => void (isUploadId(id) && this.#ended.set(id, true)), missed);
  }

  /** Takes the upload for one writer; `undefined` when another one has it. */
  async tryAcquire(id: UploadId): Promise<Lock | undefined> {
    const lock = await this.#locks.tryAcquire(`upload:${id}`);
    if (lock === undefined) return undefined;
    return {
      lost: lock.lost,
      [Symbol.asyncDispose]: async () => {
        this.conceal(id);
        await lock[Symbol.asyncDispose]();
      },
    };
  }

  /** Lets others ask how far the holder of an upload is. */
  announce(id: UploadId, size: () => number): void {
    this.#sizes.set(id, size);
  }

  /** Withdraws what was announced. */
  conceal(id: UploadId): void {
    this.#sizes.delete(id);
  }

  /** Bytes of an upload that is being written by this process right now. */
  liveSize(id: UploadId): number | undefined {
    return this.#sizes.get(id)?.();
  }

  /** The digester of the bytes that have passed through this process, if none passed elsewhere before. */
  digester(id: UploadId): Digester | undefined {
    return this.#digesters.get(id);
  }

  /** Keeps the digester of an upload for the next request. */
  keep(id: UploadId, digester: Digester): void {
    this.#digesters.set(id, digester);
  }

  /** The upload was finished or cancelled; its first token, which says that nothing is stored of it, is void. */
  end(id: UploadId): void {
    this.forget(id);
    this.#ended.set(id, true);
  }

  /** Whether the upload ended lately, in this process. */
  hasEnded(id: UploadId): boolean {
    return this.#ended.has(id);
  }

  /**
   * Whether the upload ended lately, in any process that the broadcast reaches. It costs a message to each, which is why
   * only those ask who can be told nothing else; in turn the end of an upload costs no message.
   */
  async hasEndedAnywhere(id: UploadId): Promise<boolean> {
    // An answer is sent before its sender has acted on the question, and so it is here when the question is settled.
    if (!this.hasEnded(id)) await this.#broadcast.publish(ASK_ENDED, id).catch(() => undefined);
    return this.hasEnded(id);
  }

  async #answer(id: string): Promise<void> {
    if (isUploadId(id) && this.#ended.has(id)) await this.#broadcast.publish(ENDED, id).catch(() => undefined);
  }

  /** Forgets the digester of an upload. */
  forget(id: UploadId): void {
    this.#digesters.delete(id);
  }
}
