import { type FileHandle, open } from 'node:fs/promises';
import { posix } from 'node:path';
import { fileBytes } from '../layout/file-bytes.ts';
import type { LayoutFiles } from '../layout/layout-files.ts';
import { hasCode, storageError } from '../layout/storage-error.ts';
import type { ReadContext } from '../object-store.ts';
import { StoreError } from '../store-error.ts';
import { type TarEntry, tarEntries } from './tar-entries.ts';

const MAGICS: ReadonlyArray<readonly [string, Buffer]> = [
  ['gzip', Buffer.of(0x1f, 0x8b)],
  ['zstd', Buffer.of(0x28, 0xb5, 0x2f, 0xfd)],
  ['bzip2', Buffer.from('BZh')],
  ['xz', Buffer.of(0xfd, 0x37, 0x7a, 0x58)],
];

/**
 * The files of a tar archive. Nothing is unpacked. An archive with a name that leads outside it is rejected as a whole;
 * a link is followed only within the archive, and only to a file.
 */
export class ArchiveFiles implements LayoutFiles {
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #entries: ReadonlyMap<string, TarEntry>;

  private constructor(path: string, handle: FileHandle, entries: ReadonlyMap<string, TarEntry>) {
    this.#path = path;
    this.#handle = handle;
    this.#entries = entries;
  }

  /**
   * @throws StoreError `not-found`, `invalid`, `damaged`, or `unsupported` for an archive that is compressed as a whole
   */
  static async open(path: string): Promise<ArchiveFiles> {
    const handle = await openFile(path);
    try {
      const entries = new Map<string, TarEntry>();
      for await (const entry of tarEntries(handle, path)) entries.set(safeName(entry.name, path), entry);
      return new ArchiveFiles(path, handle, entries);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  async read(path: string, maxBytes: number): Promise<Buffer | undefined> {
    const entry = this.#find(path);
    if (entry === undefined) return undefined;
    if (entry.size > maxBytes)
      throw new StoreError('invalid', `${path} in ${this.#path} has ${entry.size} bytes, more than ${maxBytes}`);
    const bytes = Buffer.alloc(entry.size);
    const { bytesRead } = await this.#handle.read(bytes, 0, entry.size, entry.offset);
    if (bytesRead === entry.size) return bytes;
    throw new StoreError('damaged', `${this.#path} ends in the middle of ${path}`);
  }

  async size(path: string): Promise<number | undefined> {
    return this.#find(path)?.size;
  }

  async open(path: string, start: number, context: ReadContext): Promise<AsyncIterable<Uint8Array> | undefined> {
    const entry = this.#find(path);
    return entry && this.#bytes(entry, start, context);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }

  async *#bytes(
    { name, offset, size }: TarEntry,
    start: number,
    context: ReadContext,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    let left = size - start;
    for await (const bytes of fileBytes({ handle: this.#handle, start: offset + start, end: offset + size }, context)) {
      left -= bytes.byteLength;
      yield bytes;
    }
    if (left > 0) throw new StoreError('damaged', `${this.#path} ends in the middle of ${name}`);
  }

  /** @throws StoreError `invalid` for a link that leads to no file of the archive */
  #find(path: string): TarEntry | undefined {
    const entry = this.#entries.get(path);
    if (entry === undefined || entry.kind === 'folder') return undefined;
    if (entry.kind === 'file') return entry;
    const target = entry.kind === 'link' ? this.#entries.get(linkTarget(path, entry.linkName)) : undefined;
    if (target?.kind === 'file') return target;
    throw new StoreError('invalid', `${path} in ${this.#path} is neither a file nor a link to one in the archive`);
  }
}

async function openFile(path: string): Promise<FileHandle> {
  let handle: FileHandle;
  try {
    handle = await open(path);
  } catch (error) {
    if (!hasCode(error, 'ENOENT', 'ENOTDIR')) throw storageError(error, path);
    throw new StoreError('not-found', `there is no ${path}`, { cause: error, hint: 'check the path' });
  }
  try {
    if (!(await handle.stat()).isFile()) throw new StoreError('invalid', `${path} is not a regular file`);
    const { buffer } = await handle.read(Buffer.alloc(8), 0, 8, 0);
    const [compression] = MAGICS.find(([, magic]) => buffer.subarray(0, magic.length).equals(magic)) ?? [];
    if (compression === undefined) return handle;
    throw new StoreError('unsupported', `${path} is compressed with ${compression}`, { hint: 'decompress it first' });
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** @throws StoreError `invalid` for a name that leads outside the archive */
function safeName(name: string, archive: string): string {
  const parts = name.split('/');
  if (name.startsWith('/') || name.includes('\\') || name.includes('\0') || parts.includes('..')) {
    throw new StoreError(
      'invalid',
      `${archive} has an entry whose name leads outside it: ${JSON.stringify(name.slice(0, 256))}`,
    );
  }
  return parts.filter((part) => part !== '' && part !== '.').join('/');
}

/**
 * Resolves a link: hard links name an entry; symbolic links, as `docker save` writes them, are relative to their
 * folder.
 */
function linkTarget(path: string, linkName: string): string {
  if (linkName.startsWith('/')) return '';
  const target =
    linkName.includes('../') || !linkName.includes('/') ? posix.join(posix.dirname(path), linkName) : linkName;
  return posix.normalize(target);
}
