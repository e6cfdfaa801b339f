import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../../core/ports/logger.ts';
import type { Checker } from './checkers.ts';

/** The problems, by the name of the check. */
export type Problems = Readonly<Record<string, string>>;

/** Runs checks at their intervals until it is disposed; the first time at once. */
export class HealthChecks implements AsyncDisposable {
  readonly #log: Logger;
  readonly #ended = new AbortController();
  readonly #failing = new Map<string, string>();
  readonly #polls: Promise<void>[];

  constructor(checkers: readonly Checker[], log: Logger) {
    this.#log = log;
    this.#polls = checkers.map((checker) => this.#poll(checker));
  }

  /** The checks that have failed as often in a row as their threshold allows; `undefined` when there are none. */
  get problems(): Problems | undefined {
    return this.#failing.size === 0 ? undefined : Object.fromEntries(this.#failing);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    await Promise.all(this.#polls);
  }

  async #poll({ name, intervalMs, threshold, check }: Checker): Promise<void> {
    const { signal } = this.#ended;
    let failures = 0;
    const hasEnded = (): boolean => signal.aborted;
    while (!hasEnded()) {
      const problem = await check(signal);
      // The result of a check that was aborted means nothing.
      if (hasEnded()) return;
      failures = problem === undefined ? 0 : Math.min(failures + 1, threshold);
      this.#note(name, failures >= threshold ? problem : undefined);
      await delay(intervalMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  #note(name: string, problem: string | undefined): void {
    const before = this.#failing.get(name);
    if (problem === undefined) this.#failing.delete(name);
    else this.#failing.set(name, problem);
    if (before === undefined && problem !== undefined) {
      this.#log.error({ check: name, reason: problem }, 'a health check is failing; requests are answered with 503');
    } else if (before !== undefined && problem === undefined) {
      this.#log.info({ check: name }, 'a health check passes again');
    }
  }
}
