import { DriverError, type DriverWriter, type StoragePath } from '../../core/driver/index.ts';
import { concernsPath, toDriverError } from './errno.ts';
import type { ExclusiveFile } from './exclusive-writers.ts';
import type { Semaphore } from './semaphore.ts';
import { WriteBehind } from './write-behind.ts';

/**
 * What a writer can do with its file in addition to writing. Each call fails with `conflict` when another writer has
 * taken over.
 */
export interface WriterEnds {
  /** The storage path, for errors. */
  readonly path: StoragePath;
  readonly limit: Semaphore;
  /** Leaves the bytes for a later writer. */
  readonly giveBack: () => Promise<void>;
  readonly remove: () => Promise<void>;
  /**
   * Makes the bytes the content of a path, durably; without a path, of the writer's own. It first calls `end`, which
   * makes the bytes durable and closes the file.
   */
  readonly publish: (end: () => Promise<void>, to?: StoragePath) => Promise<void>;
  /** Fails with `unavailable` when the disk of the file is missing. */
  readonly verify: () => Promise<void>;
}

/** Appends in place, as distribution does, so that each can resume an upload of the other. */
export class FilesystemWriter implements DriverWriter {
  readonly tookOver: boolean;
  readonly #held: ExclusiveFile;
  readonly #ends: WriterEnds;
  #size: number;
  #writes: WriteBehind | undefined;
  #isClosed = false;
  #isOver = false;

  constructor(held: ExclusiveFile, ends: WriterEnds) {
    this.#held = held;
    this.#ends = ends;
    this.#size = held.size;
    this.tookOver = held.tookOver;
  }

  get size(): number {
    return this.#writes?.size ?? this.#size;
  }

  append(body: AsyncIterable<Uint8Array>): Promise<void> {
    return this.#tagged(async () => {
      const writes = new WriteBehind(this.#held.handle, this.#size);
      this.#writes = writes;
      try {
        for await (const chunk of body) await writes.add(chunk);
      } finally {
        // Even when the body failed: the bytes that arrived are kept.
        await writes.flush().finally(() => {
          this.#size = writes.size;
          this.#writes = undefined;
        });
      }
    });
  }

  commit(to?: StoragePath): Promise<void> {
    return this.#limited(async () => {
      await this.#ends.publish(() => this.#sync(), to);
      this.#isOver = true;
    });
  }

  cancel(): Promise<void> {
    return this.#limited(async () => {
      await this.#close();
      await this.#ends.remove();
      this.#isOver = true;
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#tagged(async () => {
      await this.#close();
      if (this.#isOver) return;
      this.#isOver = true;
      await this.#ends.giveBack();
    });
  }

  async #sync(): Promise<void> {
    try {
      await this.#held.handle.datasync();
    } finally {
      // Even when it failed: a second fsync would report pages as stored that the kernel has dropped.
      await this.#close();
    }
  }

  async #close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#held.handle.close();
  }

  #limited(action: () => Promise<void>): Promise<void> {
    return this.#ends.limit.run(() => this.#tagged(action));
  }

  async #tagged(action: () => Promise<void>): Promise<void> {
    const { path } = this.#ends;
    try {
      await action();
    } catch (error) {
      // Another writer has taken over: there is nothing left to release.
      if (DriverError.is(error, 'conflict')) this.#isOver = true;
      // A file that is gone together with its disk was not taken over.
      if (concernsPath(error)) await this.#ends.verify();
      throw toDriverError(error, path, 'find');
    }
  }
}
