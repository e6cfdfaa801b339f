import { setTimeout as delay } from 'node:timers/promises';

/** How long a request waits for something newer than what is known, in milliseconds. */
const PATIENCE_MS = 1_000;
const MAX_COOLDOWN_MS = 5 * 60_000;

/** Why something could not be fetched. */
export interface FetchFailure {
  /** The time at which it failed, in milliseconds since 1970. */
  readonly at: number;
  readonly error: Error;
  /** How many fetches have failed since the last one that did not. */
  readonly inARow: number;
}

/** Resolves after `ms` milliseconds, or when the signal aborts. */
export type Wait = (ms: number, signal: AbortSignal) => Promise<void>;

/** How {@link PatientReload} takes its time. */
export interface PatientReloadOptions {
  /** The time in milliseconds since 1970. */
  readonly now: () => number;
  /** How long nothing is fetched after one failure, in milliseconds. */
  readonly cooldownMs: number;
  /** By default a timer of Node. */
  readonly wait?: Wait | undefined;
}

/**
 * Fetches anew what is known already. All calls during one reload wait together, at most one second from its beginning. After a
 * failure none begins for the cooldown, which doubles with each failure in a row, up to five minutes. So a server that
 * hangs stops nobody for long, and seldom.
 */
export class PatientReload {
  readonly #options: PatientReloadOptions;
  #running: Promise<void> | undefined;

  constructor(options: PatientReloadOptions) {
    this.#options = options;
  }

  /**
   * Reloads, unless a reload is running or has failed lately. Never rejects: what is known suffices meanwhile.
   * @param failure the last one, unless a fetch has succeeded since
   */
  async run(reload: () => Promise<unknown>, failure: FetchFailure | undefined): Promise<void> {
    if (this.#running === undefined && this.#isCooling(failure)) return;
    this.#running ??= this.#begin(reload);
    await this.#running;
  }

  async #begin(reload: () => Promise<unknown>): Promise<void> {
    const { wait = waitReally } = this.#options;
    const limit = new AbortController();
    const end = (): void => {
      this.#running = undefined;
      limit.abort();
    };
    const ended = reload().then(end, end);
    await Promise.race([ended, wait(PATIENCE_MS, limit.signal)]);
  }

  #isCooling(failure: FetchFailure | undefined): boolean {
    if (failure === undefined) return false;
    const { now, cooldownMs } = this.#options;
    // Clocks may be set back.
    return Math.abs(now() - failure.at) < Math.min(cooldownMs * 2 ** (failure.inARow - 1), MAX_COOLDOWN_MS);
  }
}

async function waitReally(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
}
