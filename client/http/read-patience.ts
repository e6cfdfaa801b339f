import type { Backoff } from './backoff.ts';
import type { TransferError } from './transfer-error.ts';

/** An answer with fewer bytes than this is no progress worth a request. */
const MIN_BYTES = 64 * 1024;
/** How many answers in a row may bring less. */
const MAX_MEAGRE = 100;
/** How many of them may end because nothing came in time. */
const MAX_TIME_OUTS = 2;

/** What an answer brought before it broke. */
export interface BrokenRead {
  /** Bytes that were wanted. */
  readonly bytes: number;
  /** Bytes that had come before, which a registry without ranges sends again. */
  readonly repeated: number;
}

/** How long the rest of a blob is asked for after answers that broke. */
export class ReadPatience {
  readonly #backoff: Backoff;
  #empty = 0;
  #meagre = 0;
  #timeOuts = 0;

  constructor(backoff: Backoff) {
    this.#backoff = backoff;
  }

  /**
   * Waits before the rest is asked for: not at all after one failure or enough bytes.
   * @throws error when it is not worth asking for; a final one unless a later call may fare better
   */
  async waitAfter(error: TransferError, { bytes, repeated }: BrokenRead, signal: AbortSignal): Promise<void> {
    const isMeagre = bytes < MIN_BYTES || bytes < repeated;
    this.#empty = bytes > 0 ? 1 : this.#empty + 1;
    this.#meagre = isMeagre ? this.#meagre + 1 : 0;
    this.#timeOuts = (isMeagre ? this.#timeOuts : 0) + (error.reason === 'time-out' ? 1 : 0);
    if (this.#meagre >= MAX_MEAGRE || this.#timeOuts >= MAX_TIME_OUTS) throw error.final();
    const { attempts } = this.#backoff;
    if (this.#empty >= attempts) throw error;
    if (this.#meagre > 1) await this.#backoff.wait(Math.min(this.#meagre - 1, attempts), { signal });
  }
}
