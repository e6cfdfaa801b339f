import { type FileHandle, open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { CallContext } from '../../../core/registry/call-context.ts';
import { StoreError } from '../store-error.ts';
import type { LayoutFiles } from './layout-files.ts';
import { hasCode, storageError } from './storage-error.ts';

/** Large reads cost fewer calls; of one blob two of them are in memory. */
const READ_BYTES = 512 * 1024;

/** The files of a layout in a folder. */
export class FolderFiles implements LayoutFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async read(path: string, maxBytes: number): Promise<Buffer | undefined> {
    await using file = await this.#open(path);
    if (file === undefined) return undefined;
    const { size } = await file.handle.stat();
    if (size > maxBytes) throw new StoreError('invalid', `${this.#at(path)} has ${size} bytes, more than ${maxBytes}`);
    return await file.handle.readFile();
  }

  async size(path: string): Promise<number | undefined> {
    try {
      const found = await stat(this.#at(path));
      return found.isFile() ? found.size : undefined;
    } catch (error) {
      if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
      throw storageError(error, this.#at(path));
    }
  }

  async open(path: string, start: number, { signal }: CallContext): Promise<AsyncIterable<Uint8Array> | undefined> {
    const file = await this.#open(path);
    return file?.handle.createReadStream({ start, highWaterMark: READ_BYTES, ...(signal && { signal }) });
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #at(path: string): string {
    return join(this.#folder, path);
  }

  /** Something that is no regular file, such as a pipe, could keep the caller waiting for ever. */
  async #open(path: string): Promise<OpenFile | undefined> {
    const size = await this.size(path);
    if (size === undefined) return undefined;
    try {
      const handle = await open(this.#at(path));
      return { handle, [Symbol.asyncDispose]: () => handle.close() };
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return undefined;
      throw storageError(error, this.#at(path));
    }
  }
}

interface OpenFile extends AsyncDisposable {
  readonly handle: FileHandle;
}
