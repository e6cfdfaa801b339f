import type { Backoff } from './backoff.ts';
import type { TransferError } from './transfer-error.ts';

/** An answer with fewer bytes than this does not count as progress. */
const MIN_BYTES = 64 * 1024;
/** How many consecutive answers may have fewer bytes. */
const MAX_MEAGRE = 100;
/** How many of them may time out. */
const MAX_TIME_OUTS = 2;

/** What an answer delivered before it broke. */
export interface BrokenRead {
  /** The number of new bytes. */
  readonly bytes: number;
  /** The number of bytes already received before, which a registry without ranges sends again. */
  readonly repeated: number;
}

/** Decides how long the rest of a blob is requested after broken answers. */
export class ReadPatience {
  readonly #backoff: Backoff;
  #empty = 0;
  #meagre = 0;
  #timeOuts = 0;

  constructor(backoff: Backoff) {
    this.#backoff = backoff;
  }

  /**
   * Waits before the rest is requested: not at all after one failure or enough bytes.
   * @throws error when another request is not worthwhile; a final one unless a later call may succeed
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
