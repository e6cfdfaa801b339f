import type { Readable } from 'node:stream';
import { DriverError, type DriverErrorDetail } from './driver-error.ts';
import type {
  CallOptions,
  DriverCapabilities,
  DriverWriter,
  FileInfo,
  ListEntry,
  ReadOptions,
  RedirectOptions,
  StorageDriver,
  WriterOptions,
} from './storage-driver.ts';
import { isStoragePath, ROOT_PATH, type StoragePath } from './storage-path.ts';

/** The calls that a driver answers, as they are named in timings. */
export type DriverCall =
  | 'stat'
  | 'read'
  | 'write'
  | 'openWriter'
  | 'append'
  | 'commit'
  | 'cancel'
  | 'list'
  | 'move'
  | 'delete'
  | 'redirectUrl';

/** Told once for each finished call: how long it took, and with which code it failed. */
export type DriverObserver = (call: DriverCall, durationMs: number, error: DriverError | undefined) => void;

/**
 * Wraps a driver so that the contract holds on both sides: paths and offsets are checked before the driver
 * sees them, an aborted signal stops a call before it starts, every error leaves as a DriverError that names
 * the driver and the path, and `observe` learns how long each call took.
 */
export function guardDriver(driver: StorageDriver, observe?: DriverObserver): StorageDriver {
  return driver instanceof GuardedDriver ? driver : new GuardedDriver(driver, observe);
}

const ROOT_CALLS: ReadonlySet<DriverCall> = new Set(['stat', 'list']);

class GuardedDriver implements StorageDriver {
  readonly name: string;
  readonly capabilities: DriverCapabilities;
  readonly #driver: StorageDriver;
  readonly #observe: DriverObserver | undefined;
  readonly redirectUrl?: (path: StoragePath, options: RedirectOptions) => Promise<URL | undefined>;

  constructor(driver: StorageDriver, observe: DriverObserver | undefined) {
    this.name = driver.name;
    this.capabilities = driver.capabilities;
    this.#driver = driver;
    this.#observe = observe;
    if (driver.redirectUrl !== undefined) {
      this.redirectUrl = (path, options) =>
        this.#run('redirectUrl', path, options, async () => driver.redirectUrl?.(path, options));
    }
  }

  stat(path: StoragePath, options?: CallOptions): Promise<FileInfo | undefined> {
    return this.#run('stat', path, options, () => this.#driver.stat(path, options));
  }

  read(path: StoragePath, options: ReadOptions = {}): Promise<Readable> {
    return this.#run('read', path, options, () => {
      const { start = 0, end } = options;
      this.#checkOffset(path, start, 0);
      if (end !== undefined) this.#checkOffset(path, end, start);
      return this.#driver.read(path, options);
    });
  }

  write(path: StoragePath, content: Uint8Array, options?: CallOptions): Promise<void> {
    return this.#run('write', path, options, () => this.#driver.write(path, content, options));
  }

  async openWriter(path: StoragePath, options: WriterOptions): Promise<DriverWriter> {
    const writer = await this.#run('openWriter', path, options, () => this.#driver.openWriter(path, options));
    return new GuardedWriter(writer, (call, callOptions, action) => this.#run(call, path, callOptions, action));
  }

  async *list(
    folder: StoragePath,
    options?: CallOptions & { readonly after?: string | undefined },
  ): AsyncGenerator<ListEntry, void, undefined> {
    const entries = await this.#run('list', folder, options, async () =>
      this.#driver.list(folder, options)[Symbol.asyncIterator](),
    );
    try {
      for (;;) {
        const next = await this.#run('list', folder, options, () => entries.next());
        if (next.done === true) return;
        yield next.value;
      }
    } finally {
      await entries.return?.();
    }
  }

  move(from: StoragePath, to: StoragePath, options?: CallOptions): Promise<void> {
    return this.#run('move', from, options, async () => {
      this.#checkPath(to, false);
      await this.#driver.move(from, to, options);
    });
  }

  delete(path: StoragePath, options?: CallOptions): Promise<void> {
    return this.#run('delete', path, options, () => this.#driver.delete(path, options));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve(this.#driver[Symbol.asyncDispose]());
  }

  #checkPath(path: string, rootAllowed: boolean): void {
    if (isStoragePath(path) || (rootAllowed && path === ROOT_PATH)) return;
    throw new DriverError('invalid-path', { path, driver: this.name });
  }

  #checkOffset(path: StoragePath, offset: number, least: number): void {
    if (Number.isSafeInteger(offset) && offset >= least) return;
    throw new DriverError('invalid-offset', { path, offset, driver: this.name });
  }

  async #run<Result>(
    call: DriverCall,
    path: StoragePath,
    options: CallOptions | undefined,
    action: () => Promise<Result>,
  ): Promise<Result> {
    const startedAt = this.#observe === undefined ? 0 : performance.now();
    try {
      this.#checkPath(path, ROOT_CALLS.has(call));
      if (options?.signal?.aborted === true) throw options.signal.reason;
      const result = await action();
      this.#observe?.(call, performance.now() - startedAt, undefined);
      return result;
    } catch (error) {
      if (error instanceof BodyFailure) throw error.cause;
      const tagged = this.#tag(error, path, options?.signal);
      this.#observe?.(call, performance.now() - startedAt, tagged);
      throw tagged;
    }
  }

  #tag(error: unknown, path: string, signal: AbortSignal | undefined): DriverError {
    if (DriverError.is(error)) {
      if (error.driver !== undefined && error.path !== undefined) return error;
      const detail: DriverErrorDetail = {
        path: error.path ?? path,
        driver: this.name,
        cause: error.cause,
        ...(error.offset === undefined ? {} : { offset: error.offset }),
      };
      return new DriverError(error.code, detail);
    }
    const code = signal?.aborted === true ? 'aborted' : 'unavailable';
    return new DriverError(code, { path, driver: this.name, cause: error });
  }
}

/** Carries the error of a body through the driver, so that it is not taken for one of the backend. */
class BodyFailure extends Error {
  constructor(cause: unknown) {
    super('the body failed', { cause });
  }
}

type Run = <Result>(
  call: DriverCall,
  options: CallOptions | undefined,
  action: () => Promise<Result>,
) => Promise<Result>;

class GuardedWriter implements DriverWriter {
  readonly #writer: DriverWriter;
  readonly #run: Run;

  constructor(writer: DriverWriter, run: Run) {
    this.#writer = writer;
    this.#run = run;
  }

  get size(): number {
    return this.#writer.size;
  }

  append(body: AsyncIterable<Uint8Array>, options?: CallOptions): Promise<void> {
    return this.#run('append', options, async () => {
      let failure: BodyFailure | undefined;
      const guarded = (async function* () {
        try {
          yield* body;
        } catch (error) {
          failure = new BodyFailure(error);
          throw failure;
        }
      })();
      try {
        await this.#writer.append(guarded, options);
      } catch (error) {
        throw failure ?? error;
      }
    });
  }

  commit(): Promise<void> {
    return this.#run('commit', undefined, () => this.#writer.commit());
  }

  cancel(): Promise<void> {
    return this.#run('cancel', undefined, () => this.#writer.cancel());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve(this.#writer[Symbol.asyncDispose]());
  }
}
