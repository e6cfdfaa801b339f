import type { RetryOptions } from './http-settings.ts';
import { pause } from './pause.ts';

/** How long a client waits before it sends a request again. */
export class Backoff {
  /** How often a request is sent, at most. */
  readonly attempts: number;
  /** The longest wait, in milliseconds. */
  readonly maxDelayMs: number;
  readonly #baseDelayMs: number;
  readonly #random: () => number;

  /** @param random a number from 0 to below 1 */
  constructor(options: RetryOptions = {}, random: () => number = Math.random) {
    this.attempts = options.attempts ?? 5;
    this.maxDelayMs = options.maxDelayMs ?? 60_000;
    this.#baseDelayMs = options.baseDelayMs ?? 250;
    this.#random = random;
  }

  /**
   * The wait after the `attempt`-th failure, in milliseconds: anything up to a limit that doubles, so that clients that
   * failed together do not come back together, and no less than the server asks for.
   */
  delayMs(attempt: number, askedMs = 0): number {
    const limit = Math.min(this.#baseDelayMs * 2 ** (attempt - 1), this.maxDelayMs);
    return Math.min(Math.max(askedMs + this.#random() * this.#baseDelayMs, this.#random() * limit), this.maxDelayMs);
  }

  /** Waits. @throws the reason of the signal, at once when it aborts */
  async wait(
    attempt: number,
    { askedMs, signal }: { askedMs?: number | undefined; signal?: AbortSignal | undefined },
  ): Promise<void> {
    await pause(this.delayMs(attempt, askedMs), signal);
  }
}
