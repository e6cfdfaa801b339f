import { setTimeout as delay } from 'node:timers/promises';
import { unqueued } from '../../core/async/unqueued.ts';
import { childPath, DriverError, type StorageDriver } from '../../core/driver/index.ts';
import type { Logger } from '../../core/ports/logger.ts';
import { PathMapper } from '../../core/storage/paths/path-mapper.ts';

/** How long an answer of the storage stays valid, in milliseconds. */
const FRESH_MS = 1_000;
/** How long the storage may take, in milliseconds. */
const LIMIT_MS = 2_000;
/** A hanging storage may never finish a call; with this many unfinished, no more are made. */
const MAX_HANGING = 3;

const PATHS = new PathMapper();
/** Where each push creates folders or files. */
const WRITTEN = [PATHS.repositories(), PATHS.blobs(), childPath(PATHS.blobs(), 'sha256')];

/** How a probe works; times are in milliseconds. */
export interface StorageProbeOptions {
  readonly log: Logger;
  /** Whether a storage that cannot be written is a problem; absent: only whether the storage answers is checked. */
  readonly isWritten?: () => boolean;
  readonly freshMs?: number;
  readonly limitMs?: number;
}

/**
 * Checks whether the storage answers, and whether it can be read and written. However often it is asked, and by however
 * many at a time, it asks the storage at most once a second, and no answer takes longer than the limit.
 */
export class StorageProbe {
  readonly #driver: Pick<StorageDriver, 'stat' | 'check'>;
  readonly #log: Logger;
  readonly #isWritten: (() => boolean) | undefined;
  readonly #freshMs: number;
  readonly #limitMs: number;
  #answer: Promise<string | undefined> | undefined;
  #staleAt = 0;
  #hanging = 0;
  #last: string | undefined;

  constructor(driver: Pick<StorageDriver, 'stat' | 'check'>, options: StorageProbeOptions) {
    this.#driver = driver;
    this.#log = options.log;
    this.#isWritten = options.isWritten;
    this.#freshMs = options.freshMs ?? FRESH_MS;
    this.#limitMs = options.limitMs ?? LIMIT_MS;
  }

  /** @returns why the storage cannot be used, as a word: the code of a DriverError, or `timeout`; `undefined` when it can */
  check(): Promise<string | undefined> {
    if (this.#answer === undefined || performance.now() >= this.#staleAt) {
      // Until the call has ended, all callers share it.
      this.#staleAt = Number.POSITIVE_INFINITY;
      this.#answer = this.#ask().finally(() => {
        this.#staleAt = performance.now() + this.#freshMs;
      });
    }
    return this.#answer;
  }

  async #ask(): Promise<string | undefined> {
    const { problem, error } = await this.#try();
    if (problem !== this.#last) {
      if (problem === undefined) this.#log.info({}, 'the storage answers again');
      else this.#log.warn({ reason: problem, err: error }, `${complaintOf(problem)}: this instance is not ready`);
    }
    this.#last = problem;
    return problem;
  }

  async #try(): Promise<{ problem: string | undefined; error?: unknown }> {
    if (this.#hanging >= MAX_HANGING) return { problem: 'timeout' };
    const late = new AbortController();
    this.#hanging += 1;
    // Not all drivers obey the signal.
    const asked = unqueued(() => this.#stat(late.signal)).finally(() => (this.#hanging -= 1));
    const limit = new AbortController();
    const timeout = delay(this.#limitMs, { problem: 'timeout' }, { signal: limit.signal });
    timeout.catch(() => undefined);
    const answer = await Promise.race([asked, timeout]);
    limit.abort();
    late.abort();
    return answer;
  }

  async #stat(signal: AbortSignal): Promise<{ problem: string | undefined; error?: unknown }> {
    try {
      // Some drivers know that the root exists without asking; only the backend knows of this folder.
      await this.#driver.stat(PATHS.repositories(), { signal });
      if (this.#isWritten !== undefined) {
        const writes = this.#isWritten();
        await this.#driver.check?.(WRITTEN, { writes, signal });
      }
      return { problem: undefined };
    } catch (error) {
      return { problem: DriverError.is(error) ? error.code : 'unavailable', error };
    }
  }
}

function complaintOf(problem: string): string {
  if (problem === 'no-space') return 'the storage is full';
  return problem === 'denied' || problem === 'invalid-path'
    ? 'the storage cannot be read or written'
    : 'the storage does not answer';
}
