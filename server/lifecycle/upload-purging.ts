import { setTimeout as delay } from 'node:timers/promises';
import { DriverError } from '../../core/driver/index.ts';
import type { Logger } from '../../core/ports/logger.ts';
import type { UploadPurger } from '../../core/registry/local/upload-purger.ts';
import type { Configuration } from '../config/index.ts';

/** How uploads are purged. */
export interface UploadPurgingOptions {
  readonly settings: NonNullable<Configuration['storage']['uploadPurging']>;
  /** Nothing is purged while this returns true. */
  readonly isReadOnly: () => boolean;
  readonly log: Logger;
}

/** The first purge starts after a random time up to this, so that instances that start together do not purge together. */
const MAX_FIRST_DELAY_MS = 60 * 60 * 1000;
/** The longest delay that a timer supports. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/**
 * Purges uploads at intervals until it is disposed, which waits for a running purge, or until the storage says that it
 * accepts no changes.
 */
export class UploadPurging implements AsyncDisposable {
  readonly #stopping = new AbortController();
  readonly #ended: Promise<void>;

  constructor(purger: UploadPurger, options: UploadPurgingOptions) {
    this.#ended = this.#run(purger, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    await this.#ended;
  }

  async #run(purger: UploadPurger, { settings, isReadOnly, log }: UploadPurgingOptions): Promise<void> {
    const { ageMs, intervalMs, dryRun } = settings;
    const { signal } = this.#stopping;
    let delayMs = Math.random() * Math.min(intervalMs, MAX_FIRST_DELAY_MS);
    while (await hasPassed(delayMs, signal)) {
      delayMs = intervalMs;
      if (isReadOnly()) continue;
      try {
        log.info({ ...(await purger.purge({ ageMs, dryRun, signal })), dryRun }, 'looked for unfinished uploads');
      } catch (error) {
        if (DriverError.is(error, 'not-supported')) {
          log.info({}, 'the storage accepts no changes, so unfinished uploads stay in it');
          return;
        }
        if (!isStopped(signal)) log.warn({ err: error }, 'uploads could not be purged');
      }
    }
  }
}

/** Resolves when the time has passed, or with `false` as soon as the signal aborts. */
async function hasPassed(delayMs: number, signal: AbortSignal): Promise<boolean> {
  await delay(Math.min(delayMs, MAX_DELAY_MS), undefined, { signal, ref: false }).catch(() => undefined);
  return !isStopped(signal);
}

function isStopped(signal: AbortSignal): boolean {
  return signal.aborted;
}
