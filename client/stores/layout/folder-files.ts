import { type FileHandle, open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ReadContext } from '../object-store.ts';
import { StoreError } from '../store-error.ts';
import { fileBytes } from './file-bytes.ts';
import type { LayoutFiles } from './layout-files.ts';
import { hasCode, storageError } from './storage-error.ts';

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

  async open(path: string, start: number, context: ReadContext): Promise<AsyncIterable<Uint8Array> | undefined> {
    const file = await this.#open(path);
    return file && readAndClose(file, start, context);
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #at(path: string): string {
    return join(this.#folder, path);
  }

  /** Opens only regular files: anything else, such as a pipe, could block the caller forever. */
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

async function* readAndClose(
  file: OpenFile,
  start: number,
  context: ReadContext,
): AsyncGenerator<Uint8Array, void, undefined> {
  await using _ = file;
  yield* fileBytes({ handle: file.handle, start, end: Number.POSITIVE_INFINITY }, context);
}
