/** Runs actions one by one, in order, with a turn of the event loop before each. */
export class TickQueue {
  readonly #waiting: (() => void)[] = [];

  add(action: () => void): void {
    if (this.#waiting.push(action) === 1) setImmediate(() => this.#runNext());
  }

  #runNext(): void {
    const action = this.#waiting[0];
    try {
      action?.();
    } finally {
      this.#waiting.shift();
      if (this.#waiting.length > 0) setImmediate(() => this.#runNext());
    }
  }
}
