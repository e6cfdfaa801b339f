import { type FileHandle, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { DriverWriter } from '../../core/driver/index.ts';
import type { CallLimit } from './call-limit.ts';
import { syncFolder } from './durability.ts';
import { toDriverError } from './errno.ts';
import { WriteBehind } from './write-behind.ts';

/** The file that a writer appends to. */
export interface WriterTarget {
  readonly handle: FileHandle;
  readonly file: string;
  /** The storage path, for errors. */
  readonly path: string;
  /** The length of the file. */
  readonly size: number;
  readonly limit: CallLimit;
}

/** Appends in place, as distribution does, so that either can go on with an upload of the other. */
export class FilesystemWriter implements DriverWriter {
  readonly #target: WriterTarget;
  #size: number;
  #writes: WriteBehind | undefined;
  #isClosed = false;

  constructor(target: WriterTarget) {
    this.#target = target;
    this.#size = target.size;
  }

  get size(): number {
    return this.#writes?.size ?? this.#size;
  }

  append(body: AsyncIterable<Uint8Array>): Promise<void> {
    return this.#tagged(async () => {
      const writes = new WriteBehind(this.#target.handle, this.#size);
      this.#writes = writes;
      try {
        for await (const chunk of body) await writes.add(chunk);
      } finally {
        // Also when the body failed: what has arrived is kept.
        await writes.flush().finally(() => {
          this.#size = writes.size;
          this.#writes = undefined;
        });
      }
    });
  }

  commit(): Promise<void> {
    return this.#limited(async () => {
      try {
        await this.#target.handle.datasync();
      } finally {
        // Also when it failed: a second fsync would report pages as stored that the kernel has dropped.
        await this.#close();
      }
      await syncFolder(dirname(this.#target.file));
    });
  }

  cancel(): Promise<void> {
    return this.#limited(async () => {
      await this.#close();
      await rm(this.#target.file, { force: true });
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#tagged(() => this.#close());
  }

  async #close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#target.handle.close();
  }

  #limited(action: () => Promise<void>): Promise<void> {
    return this.#target.limit.run(() => this.#tagged(action));
  }

  async #tagged(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      throw toDriverError(error, this.#target.path, 'find');
    }
  }
}
