import {
  DriverError,
  type DriverWriter,
  type FileInfo,
  type StatOptions,
  type StorageDriver,
  type StoragePath,
  type WriterOptions,
} from '../../../core/driver/index.ts';
import { EncryptingWriter } from './encrypting-writer.ts';
import { FileCipher } from './file-cipher.ts';
import { isOwn, uploadPath } from './side-paths.ts';
import type { KeyRing } from './storage-key.ts';
import { keptBytes, type UploadState, UploadStates } from './upload-state.ts';

/** How often another writer may end between the look at its state and at its bytes. */
const MAX_ATTEMPTS = 3;

/**
 * The writes that are not committed. Their bytes are apart from the files, because a file is complete; a state beside
 * them, which each writer leaves when it is closed, lets the next one continue.
 */
export class EncryptedUploads {
  readonly #driver: StorageDriver;
  readonly #keys: KeyRing;
  readonly #states: UploadStates;

  constructor(driver: StorageDriver, keys: KeyRing) {
    this.#driver = driver;
    this.#keys = keys;
    this.#states = new UploadStates(driver, keys);
  }

  /** What a new writer would find; `undefined` when nothing is written at `path`. */
  async stat(path: StoragePath, { signal }: StatOptions): Promise<FileInfo | undefined> {
    const [info, state] = await Promise.all([
      this.#driver.stat(uploadPath(path), { uncommitted: true, signal }),
      this.#states.load(path, signal),
    ]);
    if (info === undefined || info.isFolder) return undefined;
    return { ...info, path, size: state === undefined ? 0 : keptBytes(state) };
  }

  /** Starts over. @param isFile whether there is a file at `path` */
  async begin(path: StoragePath, options: WriterOptions, isFile: () => Promise<boolean>): Promise<DriverWriter> {
    if (options.ifAbsent === true) await this.#assertNothingKept(path, options);
    const inner = await at(path, () => this.#driver.openWriter(uploadPath(path), options));
    try {
      // Afterwards, because the file may have been committed before the bytes of its writer were gone.
      if (options.ifAbsent === true && (await isFile())) {
        await inner.cancel();
        throw new DriverError('conflict', { path, cause: new Error('there is a file') });
      }
      // With `ifAbsent`, the inner writer may learn only when it is closed that the state belongs to another one.
      if (options.ifAbsent !== true) await this.#states.remove(path);
      return this.#writer(path, inner, FileCipher.create(this.#keys));
    } catch (error) {
      await inner[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Continues after what closed writers have left. @param isEmptyFile whether there is a file without bytes at `path` */
  async resume(path: StoragePath, options: WriterOptions, isEmptyFile: () => Promise<boolean>): Promise<DriverWriter> {
    for (let attempt = 1; ; attempt += 1) {
      const state = await this.#states.load(path, options.signal);
      const inner = await at(path, () => this.#take(path, state, options)).catch(async (error: unknown) => {
        if (DriverError.is(error, 'not-found') && (await isEmptyFile())) return undefined;
        throw error;
      });
      if (inner === undefined) return this.begin(path, { append: false, signal: options.signal }, async () => false);
      if (inner.size === 0) return this.#writer(path, inner, FileCipher.create(this.#keys));
      if (inner.size === state?.storedBytes) {
        return this.#writer(path, inner, FileCipher.of(state.header, this.#keys), state);
      }
      await at(path, () => inner[Symbol.asyncDispose]());
      if (attempt < MAX_ATTEMPTS) continue;
      throw new DriverError('conflict', {
        path,
        cause: new Error('an earlier writer has left no state for its bytes'),
      });
    }
  }

  /** @throws DriverError `conflict` when a closed writer has left bytes; a state without bytes is removed */
  async #assertNothingKept(path: StoragePath, { signal }: WriterOptions): Promise<void> {
    if (!(await this.#states.has(path, signal))) return;
    if ((await this.#driver.stat(uploadPath(path), { uncommitted: true, signal })) !== undefined) {
      throw new DriverError('conflict', { path, cause: new Error('another writer has begun') });
    }
    await this.#states.remove(path);
  }

  /** Opens the bytes as they were when the state was left; of a writer that is still open, it keeps nothing else. */
  #take(path: StoragePath, state: UploadState | undefined, { upTo = Infinity, signal }: WriterOptions) {
    const storedBytes = state?.storedBytes ?? 0;
    const isLess = state !== undefined && upTo < keptBytes(state);
    // Fails if a writer is open that has begun after these bytes.
    const storedUpTo = isLess ? Math.max(0, storedBytes - 1) : storedBytes;
    return this.#driver.openWriter(uploadPath(path), { append: true, upTo: storedUpTo, signal });
  }

  #writer(path: StoragePath, inner: DriverWriter, cipher: FileCipher, before?: UploadState): DriverWriter {
    const place = uploadPath(path);
    const writer = new EncryptingWriter(
      {
        inner,
        cipher,
        path,
        keep: (state) => this.#states.save(path, state),
        forget: () => this.#states.remove(path),
        publish: (to) => this.#publish(inner, place, to),
      },
      before,
    );
    return {
      get size() {
        return writer.size;
      },
      tookOver: writer.tookOver,
      append: (body, options) => at(path, () => writer.append(body, options)),
      commit: (to) => at(path, () => writer.commit(to)),
      cancel: () => at(path, () => writer.cancel()),
      [Symbol.asyncDispose]: () => at(path, () => writer[Symbol.asyncDispose]()),
    };
  }

  async #publish(inner: DriverWriter, place: StoragePath, to: StoragePath): Promise<void> {
    if (this.#driver.capabilities.exclusiveWriters) {
      await inner.commit(to);
    } else {
      await inner.commit();
      await this.#driver.move(place, to);
    }
  }
}

/** Lets failures name the path of the file instead of that of its encrypted bytes. */
async function at<Result>(path: StoragePath, action: () => Promise<Result> | PromiseLike<Result>): Promise<Result> {
  try {
    return await action();
  } catch (error) {
    if (!DriverError.is(error) || error.path === undefined || !isOwn(error.path as StoragePath)) throw error;
    throw new DriverError(error.code, { path, cause: error.cause });
  }
}
