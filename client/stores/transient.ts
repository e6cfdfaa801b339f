import { RegistryError } from '../../core/model/errors.ts';
import { UploadRangeError } from '../../core/model/upload-state.ts';
import { Backoff } from '../http/backoff.ts';
import { pause } from '../http/pause.ts';
import { StoreError } from './store-error.ts';

/** The longest wait before a transfer is resumed, in milliseconds. */
const MAX_WAIT_MS = 5000;
const FIRST_WAIT_MS = 100;

/** How often a transfer may time out: each time can take minutes. */
const MAX_TIME_OUTS = 2;

/** Codes of a registry after which the same request may succeed later. */
const BUSY_CODES = ['UNAVAILABLE', 'TOOMANYREQUESTS'] as const;

/** A stream ended before it was complete, without an error. */
export class ShortStreamError extends StoreError {}

/** Whether a transfer that failed in this way may succeed when it is resumed. */
export function isTransient(error: unknown): boolean {
  // Another request has the upload, or had it: the registry says where to continue.
  if (error instanceof ShortStreamError || error instanceof UploadRangeError) return true;
  if (!(error instanceof Error)) return false;
  if ('isTransient' in error && typeof error.isTransient === 'boolean') return error.isTransient;
  return BUSY_CODES.some((code) => RegistryError.is(error, code));
}

/** Counts consecutive failures of one transfer without progress. */
export class Retries {
  readonly #limit: number;
  readonly #backoff = new Backoff({ baseDelayMs: FIRST_WAIT_MS, maxDelayMs: MAX_WAIT_MS });
  #used = 0;
  #timeOuts = 0;
  #furthest = 0;

  /** @param limit how many consecutive failures are followed by another attempt */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Waits before the next attempt.
   * @param bytes the progress of the transfer
   * @throws error immediately when another attempt is not worthwhile or the limit is reached; the reason of the signal
   * when it aborts the wait
   */
  async waitAfter(error: unknown, bytes: number, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (bytes > this.#furthest) {
      this.#furthest = bytes;
      this.#used = 0;
      this.#timeOuts = 0;
    }
    if (isTimeOut(error)) this.#timeOuts += 1;
    if (!isTransient(error) || this.#used >= this.#limit || this.#timeOuts >= MAX_TIME_OUTS) throw error;
    this.#used += 1;
    const askedMs = RegistryError.is(error) ? error.retryAfterMs : undefined;
    await this.#backoff.wait(this.#used, { askedMs, signal });
  }
}

/** Waits for something else to end, longer each time, up to a total limit. */
export class Patience {
  #leftMs: number;
  #nextMs = FIRST_WAIT_MS;

  constructor(totalMs: number) {
    this.#leftMs = totalMs;
  }

  /**
   * Waits.
   * @returns `false` immediately when no time is left
   * @throws the reason of the signal when it aborts the wait
   */
  async wait(signal: AbortSignal | undefined): Promise<boolean> {
    signal?.throwIfAborted();
    if (this.#leftMs <= 0) return false;
    const waitMs = Math.min(this.#nextMs, this.#leftMs);
    this.#leftMs -= waitMs;
    this.#nextMs = Math.min(MAX_WAIT_MS, this.#nextMs * 2);
    await pause(waitMs, signal);
    return true;
  }
}

function isTimeOut(error: unknown): boolean {
  return error instanceof Error && 'reason' in error && error.reason === 'time-out';
}
