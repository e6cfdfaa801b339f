import type { RetryOptions } from './http-settings.ts';
import { pause } from './pause.ts';

/** Computes how long a client waits before it repeats a request. */
export class Backoff {
  /** The maximum number of attempts. */
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
   * The wait after the `attempt`-th failure, in milliseconds: a random time up to a limit that doubles, so that clients
   * that failed together do not return together, and no less than the server asks for.
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
