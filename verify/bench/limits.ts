/** Limits for the use of a registry. */
export interface Limits {
  readonly requests: number;
  /** Bytes of bodies, in both directions. */
  readonly bytes: number;
  readonly ms: number;
}

/** The limits of one check. */
export const CHECK_LIMITS: Limits = { requests: 200, bytes: 64 * 1024 * 1024, ms: 30_000 };
/** The limits of all checks together, without cleaning up. */
export const RUN_LIMITS: Limits = { requests: 10_000, bytes: 1024 * 1024 * 1024, ms: 600_000 };

/** A limit is reached. */
export class LimitError extends Error {
  override readonly name = 'LimitError';
  /** Whether it is the limit of all checks. */
  readonly isOfRun: boolean;

  constructor(message: string, isOfRun: boolean) {
    super(message);
    this.isOfRun = isOfRun;
  }
}

/** The remainder of the limits of one check or, without `parent`, of all of them. Its time starts at construction. */
export class Budget implements Disposable {
  readonly #limits: Limits;
  readonly #parent: Budget | undefined;
  readonly #over = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #requests = 0;
  #bytes = 0;

  constructor(limits: Limits, parent?: Budget) {
    this.#limits = limits;
    this.#parent = parent;
    this.#timer = setTimeout(() => this.#end(`${limits.ms / 1000} s`), limits.ms);
    // The timer must not keep the process alive.
    this.#timer.unref();
  }

  /** Aborts with a LimitError when any of the limits is reached. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  get requests(): number {
    return this.#requests;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Counts a request before it is sent. @throws LimitError */
  countRequest(): void {
    this.#parent?.countRequest();
    if (this.#requests >= this.#limits.requests) throw this.#end(`${this.#limits.requests} requests`);
    this.#requests++;
  }

  /** Counts bytes of bodies. @throws LimitError */
  countBytes(count: number): void {
    this.#parent?.countBytes(count);
    this.#bytes += count;
    if (this.#bytes > this.#limits.bytes) throw this.#end(`${this.#limits.bytes} bytes`);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  #end(limit: string): LimitError {
    const isOfRun = this.#parent === undefined;
    const message = `the limit of ${isOfRun ? 'all checks' : 'a check'}, ${limit}, is reached`;
    const error = new LimitError(message, isOfRun);
    this.#over.abort(error);
    return error;
  }
}
