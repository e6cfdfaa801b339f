import type { Logger } from '../../core/ports/logger.ts';

/** What the writes of one run belong to. */
export interface RunWritesOptions {
  readonly job: string;
  /** Asked before each write. */
  readonly mayWrite: () => boolean;
}

/**
 * Writes the state of one run, one write after another, until the run may no longer write. A write that fails fails no
 * run: the next run then begins earlier in the work.
 */
export class RunWrites {
  readonly #options: RunWritesOptions;
  readonly #log: Logger;
  #last: Promise<void> = Promise.resolve();
  #hasFailed = false;

  constructor(options: RunWritesOptions, log: Logger) {
    this.#options = options;
    this.#log = log;
  }

  /** Resolves after `write` and all earlier ones; never rejects. */
  add(write: () => Promise<void>): Promise<void> {
    this.#last = this.#last.then(() => this.#try(write));
    return this.#last;
  }

  async #try(write: () => Promise<void>): Promise<void> {
    const { job, mayWrite } = this.#options;
    if (!mayWrite()) return;
    try {
      await write();
    } catch (error) {
      if (!this.#hasFailed) this.#log.debug({ job, err: error }, 'the state of a job could not be stored');
      this.#hasFailed = true;
    }
  }
}
