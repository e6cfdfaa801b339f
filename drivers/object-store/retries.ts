import { setTimeout } from 'node:timers/promises';
import { isTransient, StalledError, StatusError } from './failures.ts';

/** How often, and after which pauses, a call is retried. */
export interface RetryOptions {
  /** The number of attempts, including the first. */
  readonly maxAttempts?: number | undefined;
  /** The longest pause before the second attempt; it doubles with each further attempt. */
  readonly firstPauseMs?: number | undefined;
  readonly maxPauseMs?: number | undefined;
}

/** One silent connection may be dead; if a second one is also silent, the service is down. */
const MAX_STALLS = 2;
/** If the service asks for a longer pause, the call fails. */
const MAX_ASKED_MS = 60_000;

/**
 * Retries calls after transient failures: 408, 429, 5xx, a lost connection, a truncated answer. Pauses grow
 * exponentially with jitter, and are never shorter than `Retry-After`. A silent service gets two attempts. For
 * idempotent calls only.
 */
export class Retries {
  readonly #maxAttempts: number;
  readonly #firstPauseMs: number;
  readonly #maxPauseMs: number;

  constructor({ maxAttempts = 6, firstPauseMs = 250, maxPauseMs = 16_000 }: RetryOptions = {}) {
    this.#maxAttempts = maxAttempts;
    this.#firstPauseMs = firstPauseMs;
    this.#maxPauseMs = maxPauseMs;
  }

  /** @throws the error of the last attempt; an error that is not transient ends the attempts */
  async run<Result>(attempt: (number: number) => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    for (let number = 1; ; number += 1) {
      try {
        return await attempt(number);
      } catch (error) {
        await this.pause(error, number, signal);
      }
    }
  }

  /**
   * Waits before the next attempt.
   * @param failures how many attempts have failed by now, 1 or more
   * @throws `error` when no further attempt should follow
   */
  async pause(error: unknown, failures: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const askedMs = (error instanceof StatusError ? error.retryAfterMs : undefined) ?? 0;
    const maxAttempts = error instanceof StalledError ? Math.min(MAX_STALLS, this.#maxAttempts) : this.#maxAttempts;
    if (!isTransient(error) || failures >= maxAttempts || askedMs > MAX_ASKED_MS) throw error;
    const maxMs = Math.min(this.#maxPauseMs, this.#firstPauseMs * 2 ** (failures - 1));
    await setTimeout(Math.max(askedMs, maxMs * (0.5 + Math.random() / 2)), undefined, signal && { signal });
  }
}
