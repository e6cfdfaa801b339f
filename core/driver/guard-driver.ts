import type { DriverCapabilities } from './driver-capabilities.ts';
import { DriverError } from './driver-error.ts';
import { type DriverObserver, GuardedCalls } from './guarded-calls.ts';
import { GuardedEntries } from './guarded-entries.ts';
import { GuardedWriter } from './guarded-writer.ts';
import type {
  CallOptions,
  ChangeOptions,
  CheckOptions,
  DriverWriter,
  EntryList,
  FileInfo,
  ListOptions,
  ReadOptions,
  ReadStream,
  RedirectOptions,
  StatOptions,
  StorageDriver,
  WriteOptions,
  WriterOptions,
} from './storage-driver.ts';
import { isStoragePath, ROOT_PATH, type StoragePath } from './storage-path.ts';

/**
 * Wraps a driver so that the contract holds on both sides: paths and offsets are checked before the driver sees them;
 * an aborted signal stops a call before it starts, ends the body of an append and destroys a stream; a writer that has
 * ended rejects with `closed`; names that are invalid in storage paths are not listed; for a driver without
 * `conditionalWrites`, `stat` precedes a write or a writer with `ifAbsent`; every error leaves as a DriverError that
 * names the driver and the path; `observe` learns how long each call took.
 */
export function guardDriver(driver: StorageDriver, observe?: DriverObserver): StorageDriver {
  return GuardedDriver.is(driver) && observe === undefined ? driver : new GuardedDriver(driver, observe);
}

class GuardedDriver implements StorageDriver {
  readonly name: string;
  readonly capabilities: DriverCapabilities;
  readonly redirectUrl?: (path: StoragePath, options: RedirectOptions) => Promise<URL | undefined>;
  readonly peek?: (path: StoragePath) => Uint8Array | undefined;
  readonly prune?: (folder: StoragePath, options?: CallOptions) => Promise<void>;
  readonly check?: (folders: readonly StoragePath[], options?: CheckOptions) => Promise<void>;
  readonly #driver: StorageDriver;
  readonly #calls: GuardedCalls;

  /** Whether `driver` is the guard itself, not an object that inherits from one. */
  static is(driver: StorageDriver): boolean {
    return #calls in driver;
  }

  constructor(driver: StorageDriver, observe: DriverObserver | undefined) {
    this.name = driver.name;
    this.capabilities = driver.capabilities;
    this.#driver = driver;
    this.#calls = new GuardedCalls(driver.name, observe);
    // Not timed, and cannot fail: an invalid path has no file.
    if (driver.peek !== undefined) this.peek = (path) => (isStoragePath(path) ? driver.peek?.(path) : undefined);
    if (driver.prune !== undefined) {
      this.prune = (folder, options) =>
        this.#calls.run('prune', folder, options, async () => driver.prune?.(folder, options));
    }
    if (driver.check !== undefined) {
      this.check = (folders, options) =>
        this.#calls.run('check', folders[0] ?? ROOT_PATH, options, async () => driver.check?.(folders, options));
    }
    if (driver.redirectUrl !== undefined) {
      this.redirectUrl = (path, options) =>
        this.#calls.run('redirectUrl', path, options, async () => driver.redirectUrl?.(path, options));
    }
  }

  stat(path: StoragePath, options?: StatOptions): Promise<FileInfo | undefined> {
    return this.#calls.run('stat', path, options, () => this.#driver.stat(path, options));
  }

  read(path: StoragePath, options: ReadOptions = {}): Promise<ReadStream> {
    return this.#calls.run('read', path, options, async () => {
      const { start = 0, end, signal } = options;
      this.#calls.checkOffset(path, start, 0);
      if (end !== undefined) this.#calls.checkOffset(path, end, start);
      const stream = await this.#driver.read(path, options);
      // The failure of an abandoned stream must not crash the process.
      stream.on('error', () => undefined);
      if (signal !== undefined && stream.whole === undefined) this.#endWith(signal, stream, path);
      return stream;
    });
  }

  write(path: StoragePath, content: Uint8Array, options?: WriteOptions): Promise<void> {
    return this.#calls.run('write', path, options, async () => {
      if (options?.ifAbsent !== true || this.capabilities.conditionalWrites === true) {
        return this.#driver.write(path, content, options);
      }
      const { ifAbsent: _, ...others } = options;
      if ((await this.#driver.stat(path, others)) !== undefined) throw new DriverError('conflict', { path });
      return this.#driver.write(path, content, others);
    });
  }

  async openWriter(path: StoragePath, options: WriterOptions): Promise<DriverWriter> {
    const writer = await this.#calls.run('openWriter', path, options, async () => {
      if (options.ifAbsent !== true || this.capabilities.conditionalWrites === true) {
        return this.#driver.openWriter(path, options);
      }
      const { ifAbsent: _, ...others } = options;
      const found = await this.#driver.stat(path, { uncommitted: true, signal: options.signal });
      if (found !== undefined) throw new DriverError('conflict', { path });
      return this.#driver.openWriter(path, others);
    });
    return new GuardedWriter(writer, path, this.#calls);
  }

  list(folder: StoragePath, options?: ListOptions): EntryList {
    return new GuardedEntries(() => this.#driver.list(folder, options), {
      calls: this.#calls,
      folder,
      signal: options?.signal,
    });
  }

  move(from: StoragePath, to: StoragePath, options?: ChangeOptions): Promise<void> {
    return this.#calls.run('move', from, options, async () => {
      this.#calls.checkPath(to, false);
      await this.#driver.move(from, to, options);
    });
  }

  delete(path: StoragePath, options?: ChangeOptions): Promise<void> {
    return this.#calls.run('delete', path, options, () => this.#driver.delete(path, options));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve(this.#driver[Symbol.asyncDispose]());
  }

  #endWith(signal: AbortSignal, stream: ReadStream, path: StoragePath): void {
    const abort = (): void => {
      stream.destroy(this.#calls.aborted(path, signal));
    };
    if (signal.aborted) {
      abort();
      signal.throwIfAborted();
    }
    signal.addEventListener('abort', abort, { once: true });
    stream.once('close', () => signal.removeEventListener('abort', abort));
  }
}
