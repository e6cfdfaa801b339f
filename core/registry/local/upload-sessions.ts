import { LRUCache } from 'lru-cache';
import { BROADCAST, inject, injectable, LOCKS } from '../../di.ts';
import type { Digester } from '../../digest/digester.ts';
import { isUploadId, type UploadId } from '../../model/reference.ts';
import type { Broadcast } from '../../ports/broadcast.ts';
import type { Lock, Locks } from '../../ports/locks.ts';
import { UploadTraces } from './upload-traces.ts';

/** A few hundred bytes each; an upload that was evicted resumes from its saved state. */
const MAX_DIGESTERS = 1000;
/** A hundred bytes each. */
const MAX_ENDED = 10_000;
/**
 * The subject of messages that ask whether an upload has ended: its id. The process that ended it answers with {@link
 * ENDED}.
 */
const ASK_ENDED = 'uploads/ask-ended';
/** The subject of messages that report the end of an upload: its id. */
const ENDED = 'uploads/ended';

/**
 * What this process knows about uploads in progress: the holder, the progress, and the digest of the bytes that passed
 * through here, so that finishing need not read them again.
 */
@injectable()
export class UploadSessions {
  readonly traces: UploadTraces;
  readonly #locks: Locks;
  readonly #broadcast: Broadcast;
  readonly #digesters = new LRUCache<UploadId, Digester>({ max: MAX_DIGESTERS });
  readonly #sizes = new Map<UploadId, () => number>();
  readonly #ended = new LRUCache<UploadId, true>({ max: MAX_ENDED });

  constructor(
    @inject(LOCKS) locks: Locks,
    @inject(BROADCAST) broadcast: Broadcast,
    @inject(UploadTraces) traces: UploadTraces,
  ) {
    this.traces = traces;
    this.#locks = locks;
    this.#broadcast = broadcast;
    // Missed messages need no action: nothing is cached, and without an answer the upload counts as still in progress.
    const missed = (): void => undefined;
    broadcast.subscribe(ASK_ENDED, (id) => void this.#answer(id), missed);
    broadcast.subscribe(ENDED, (id) => void (isUploadId(id) && this.#ended.set(id, true)), missed);
  }

  /** Acquires the upload for one writer; `undefined` when another writer has it. */
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

  /** Publishes the progress of an upload to other requests of this process. */
  announce(id: UploadId, size: () => number): void {
    this.#sizes.set(id, size);
  }

  /** Withdraws what `announce` published. */
  conceal(id: UploadId): void {
    this.#sizes.delete(id);
  }

  /** The size of an upload that this process is writing right now. */
  liveSize(id: UploadId): number | undefined {
    return this.#sizes.get(id)?.();
  }

  /** The digester of the bytes that passed through this process, if none passed through another one before. */
  digester(id: UploadId): Digester | undefined {
    return this.#digesters.get(id);
  }

  /** Keeps the digester of an upload for the next request. */
  keep(id: UploadId, digester: Digester): void {
    this.#digesters.set(id, digester);
  }

  /**
   * Records that the upload was finished or cancelled, which invalidates its first token: that one says that nothing is
   * stored.
   */
  end(id: UploadId): void {
    this.forget(id);
    this.traces.forget(id);
    this.#ended.set(id, true);
  }

  /** Whether the upload ended recently, in this process. */
  hasEnded(id: UploadId): boolean {
    return this.#ended.has(id);
  }

  /**
   * Whether the upload ended recently, in any process that the broadcast reaches. It costs a message to each, so ask
   * only if nothing else can tell; in return, the end of an upload costs no message.
   */
  async hasEndedAnywhere(id: UploadId): Promise<boolean> {
    // Each process sends its answer before it acknowledges the question, so the answers are here when `publish`
    // resolves.
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
