import { RegistryError } from '../../../core/model/errors.ts';

/** Bounds how many actions run at a time and how many wait; they run in the order of their calls. */
export class Semaphore {
  readonly #maxRunning: number;
  readonly #maxWaiting: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor({ maxRunning, maxWaiting }: { readonly maxRunning: number; readonly maxWaiting: number }) {
    this.#maxRunning = maxRunning;
    this.#maxWaiting = maxWaiting;
  }

  /** @throws RegistryError `TOOMANYREQUESTS` when too many are waiting; `action` is then not run */
  async run<Result>(action: () => Promise<Result>): Promise<Result> {
    if (this.#running < this.#maxRunning) this.#running++;
    else await this.#turn();
    try {
      return await action();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }

  /** Resolves when the action may run. */
  #turn(): Promise<void> {
    if (this.#waiting.length >= this.#maxWaiting) {
      throw new RegistryError('TOOMANYREQUESTS', { reason: 'too many passwords are being checked; try again later' });
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
