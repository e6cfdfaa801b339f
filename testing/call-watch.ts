import { AssertionError } from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** More entries than a folder of any case has. */
const MAX_ENTRIES = 100_000;
/** How long calls may follow each other without a turn of the event loop. */
const TURN_MS = 50;

/** A backend is shared by the cases that run at the same time: more of them make each call slower. */
const CASES_AT_FULL_SPEED = 8;
const MAX_SLOWDOWN = 5;

const running = new Set<CallWatch>();

export interface CallWatchOptions {
  /**
   * How long a driver may take for one call, or for one entry or chunk, in milliseconds; up to five times as long while
   * more than eight cases run.
   */
  readonly callLimitMs: number;
}

/**
 * Watches the calls that one case makes. A call that gives no answer in time fails, and so does the case, whatever the
 * case does with that error. Between calls the event loop gets its turns, so that a time limit also ends a case in which
 * the driver always answers at once.
 */
export class CallWatch implements Disposable {
  /** Rejects with an AssertionError that names the first call without an answer. */
  readonly late: Promise<never>;
  readonly #fail: (error: AssertionError) => void;
  readonly #limitMs: number;
  #turnedAt = performance.now();
  #isEnded = false;

  constructor({ callLimitMs }: CallWatchOptions) {
    const { promise, reject } = Promise.withResolvers<never>();
    promise.catch(() => undefined);
    this.late = promise;
    this.#fail = reject;
    this.#limitMs = callLimitMs;
    running.add(this);
  }

  /** Rejects every later call, so that a case that nobody awaits any more ends as well. */
  [Symbol.dispose](): void {
    this.#isEnded = true;
    running.delete(this);
  }

  /**
   * Makes one call.
   * @param text the call with its arguments
   * @throws AssertionError when the driver gives no answer in time
   */
  async run<Result>(text: string, action: () => Result | Promise<Result>): Promise<Result> {
    if (performance.now() - this.#turnedAt > TURN_MS) {
      await nextTurn();
      this.#turnedAt = performance.now();
    }
    if (this.#isEnded) throw new Error('the case has ended');
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    using _ = this.limit(text, reject);
    Promise.resolve(action()).then(resolve, reject);
    return await promise;
  }

  /** The items of a list or a stream, each of which must come in time. */
  async *each<Item>(
    text: string,
    source: AsyncIterable<Item>,
    maxItems = Number.POSITIVE_INFINITY,
  ): AsyncGenerator<Item, void, undefined> {
    const items = source[Symbol.asyncIterator]();
    let count = 0;
    try {
      for (;;) {
        const next = await this.run(text, () => items.next());
        if (next.done === true) return;
        if (++count > maxItems) throw this.#broken(`${text} does not end: it has returned ${count} entries`);
        yield next.value;
      }
    } finally {
      await items.return?.();
    }
  }

  /** The entries of a list, which must come to an end. */
  entries<Item>(text: string, source: AsyncIterable<Item>): AsyncGenerator<Item, void, undefined> {
    return this.each(text, source, MAX_ENTRIES);
  }

  /** The time limit of a call that has begun; it is disposed when the call has ended. */
  limit(text: string, fail: (error: AssertionError) => void): CallLimit {
    return new CallLimit(this.#limitMs, ({ waitedMs, detail }) => {
      const slowdown = Math.min(MAX_SLOWDOWN, running.size / CASES_AT_FULL_SPEED);
      if (waitedMs < this.#limitMs * slowdown) return 'wait on';
      fail(this.#broken(`${text} has given no answer within ${waitedMs / 1000} s${detail}`));
      return 'over';
    });
  }

  #broken(message: string): AssertionError {
    const error = new AssertionError({ message });
    this.#fail(error);
    return error;
  }
}

/** How long a step of a call has taken so far. */
interface WaitedFor {
  readonly waitedMs: number;
  /** How far the call has come. */
  readonly detail: string;
}

/** The time limit of the next step of a call. */
export class CallLimit implements Disposable {
  /** How far the call has come; it is added to the message. */
  detail = '';
  readonly #limitMs: number;
  readonly #pass: (step: WaitedFor) => 'wait on' | 'over';
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  /** @param pass called each time that another `limitMs` has passed without an answer */
  constructor(limitMs: number, pass: (step: WaitedFor) => 'wait on' | 'over') {
    this.#limitMs = limitMs;
    this.#pass = pass;
    this.restart();
  }

  /** Starts the time of the next step. */
  restart(): void {
    this.pause();
    this.#wait(this.#limitMs);
  }

  /** Stops the clock until the next {@link restart}. */
  pause(): void {
    clearTimeout(this.#timer);
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.pause();
  }

  #wait(waitedMs: number): void {
    if (this.#isOver) return;
    this.#timer = setTimeout(() => {
      if (this.#pass({ waitedMs, detail: this.detail }) === 'wait on') this.#wait(waitedMs + this.#limitMs);
    }, this.#limitMs);
  }
}
