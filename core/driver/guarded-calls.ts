import { DriverError } from './driver-error.ts';
import type { CallOptions } from './storage-driver.ts';
import { isStoragePath, ROOT_PATH } from './storage-path.ts';

/** The calls of a driver, by their names in metrics. */
export type DriverCall =
  | 'stat'
  | 'read'
  | 'write'
  | 'openWriter'
  | 'append'
  | 'commit'
  | 'cancel'
  | 'close'
  | 'list'
  | 'move'
  | 'delete'
  | 'prune'
  | 'check'
  | 'redirectUrl';

/**
 * Called once for each finished call with the time that the driver took and the code of its failure, if any. Time that
 * a caller spends between two listed entries does not count; a failing body is not a failure of the driver.
 */
export type DriverObserver = (call: DriverCall, durationMs: number, error: DriverError | undefined) => void;

const ROOT_CALLS: ReadonlySet<DriverCall> = new Set(['stat', 'list', 'check']);

/** Runs every call of one driver as the guard requires. */
export class GuardedCalls {
  readonly driver: string;
  readonly #observe: DriverObserver | undefined;

  constructor(driver: string, observe: DriverObserver | undefined) {
    this.driver = driver;
    this.#observe = observe;
  }

  /** Checks, runs, tags and times one call. */
  async run<Result>(
    call: DriverCall,
    path: string,
    options: CallOptions | undefined,
    action: () => Promise<Result>,
  ): Promise<Result> {
    const timer = this.timer(call, path, options?.signal);
    try {
      return await timer.step(() => {
        this.checkPath(path, ROOT_CALLS.has(call));
        return action();
      });
    } finally {
      timer.finish();
    }
  }

  /** A timer for a call of several steps; only the time inside the driver counts. */
  timer(call: DriverCall, path: string, signal: AbortSignal | undefined): CallTimer {
    return new CallTimer(
      (error) => this.#tag(error, path, signal),
      (durationMs, error) => this.#observe?.(call, durationMs, error),
      signal,
    );
  }

  checkPath(path: string, rootAllowed: boolean): void {
    if (isStoragePath(path) || (rootAllowed && path === ROOT_PATH)) return;
    throw new DriverError('invalid-path', { path, driver: this.driver });
  }

  checkOffset(path: string, offset: number, least: number): void {
    if (Number.isSafeInteger(offset) && offset >= least) return;
    throw new DriverError('invalid-offset', { path, offset, driver: this.driver });
  }

  aborted(path: string, signal: AbortSignal): DriverError {
    return new DriverError('aborted', { path, driver: this.driver, cause: signal.reason });
  }

  #tag(error: unknown, path: string, signal: AbortSignal | undefined): DriverError {
    // The reason of a signal may be anything, even an unrelated DriverError.
    if (signal?.aborted === true && error === signal.reason) return this.aborted(path, signal);
    if (DriverError.is(error)) {
      if (error.driver !== undefined && error.path !== undefined) return error;
      return new DriverError(error.code, {
        path: error.path ?? path,
        driver: this.driver,
        cause: error.cause,
        ...(error.offset === undefined ? {} : { offset: error.offset }),
      });
    }
    const code = signal?.aborted === true ? 'aborted' : 'unavailable';
    return new DriverError(code, { path, driver: this.driver, cause: error });
  }
}

/** Adds up the time of the steps of one call, and keeps the error that ended it. */
export class CallTimer {
  readonly #tag: (error: unknown) => DriverError;
  readonly #report: (durationMs: number, error: DriverError | undefined) => void;
  readonly #signal: AbortSignal | undefined;
  #durationMs = 0;
  #error: DriverError | undefined;

  constructor(
    tag: (error: unknown) => DriverError,
    report: (durationMs: number, error: DriverError | undefined) => void,
    signal: AbortSignal | undefined,
  ) {
    this.#tag = tag;
    this.#report = report;
    this.#signal = signal;
  }

  /**
   * @throws DriverError for every error of `action`; `aborted`, without running it, when the signal has ended the call
   */
  async step<Result>(action: () => Result | Promise<Result>): Promise<Result> {
    const startedAt = performance.now();
    try {
      this.#signal?.throwIfAborted();
      return await action();
    } catch (error) {
      this.#error = this.#tag(error);
      throw this.#error;
    } finally {
      this.#durationMs += performance.now() - startedAt;
    }
  }

  finish(): void {
    this.#report(this.#durationMs, this.#error);
  }
}
