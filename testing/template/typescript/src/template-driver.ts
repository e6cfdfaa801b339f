import { Readable } from 'node:stream';
import {
  DriverError,
  type FileInfo,
  type ListEntry,
  type ListOptions,
  type ReadOptions,
  type ReadStream,
  type StorageDriver,
  type StoragePath,
  type WriteOptions,
  type WriterOptions,
} from 'stowage/driver';
import { TemplateWriter } from './template-writer.ts';

interface StoredFile {
  readonly bytes: Buffer;
  readonly modifiedAt: Date;
}

/** Keeps content in a map. The documentation of `StorageDriver` says what each method guarantees; your editor shows it. */
export class TemplateDriver implements StorageDriver {
  readonly name = 'template';

  /** What the driver claims: the test kit proves these claims and demands nothing more. */
  readonly capabilities = {
    locality: 'local',
    persistent: false,
    shared: false,
    atomicMove: true,
    strongListing: true,
    hidesUncommitted: true,
    exclusiveWriters: false,
    redirect: false,
    conditionalWrites: true,
    minAppendBytes: 0,
  } as const;

  readonly #files = new Map<string, StoredFile>();
  /** The bytes of writers that are open or were closed without a commit. */
  readonly #uncommitted = new Map<string, Buffer[]>();

  async stat(path: StoragePath): Promise<FileInfo | undefined> {
    const file = this.#files.get(path);
    if (file !== undefined) {
      return { path, isFolder: false, size: file.bytes.byteLength, modifiedAt: file.modifiedAt };
    }
    return this.#isFolder(path) ? { path, isFolder: true, size: 0, modifiedAt: new Date(0) } : undefined;
  }

  async read(path: StoragePath, { start = 0, end }: ReadOptions = {}): Promise<ReadStream> {
    const bytes = this.#file(path).bytes.subarray(start, end);
    return Readable.from(bytes.byteLength === 0 ? [] : [bytes], { objectMode: false });
  }

  async write(path: StoragePath, content: Uint8Array, { ifAbsent = false }: WriteOptions = {}): Promise<void> {
    if (ifAbsent && this.#files.has(path)) throw new DriverError('conflict', { path });
    this.#put(path, Buffer.from(content));
  }

  async openWriter(path: StoragePath, { append, ifAbsent = false }: WriterOptions): Promise<TemplateWriter> {
    if (ifAbsent && (this.#files.has(path) || this.#uncommitted.has(path))) throw new DriverError('conflict', { path });
    const chunks = append ? (this.#uncommitted.get(path) ?? [this.#file(path).bytes]) : [];
    this.#uncommitted.set(path, chunks);
    return new TemplateWriter(chunks, {
      commit: () => {
        this.#put(path, Buffer.concat(chunks));
        this.#uncommitted.delete(path);
      },
      cancel: () => void this.#uncommitted.delete(path),
    });
  }

  async *list(folder: StoragePath, { after = '' }: ListOptions = {}): AsyncGenerator<ListEntry, void, undefined> {
    if (!this.#isFolder(folder)) throw new DriverError('not-found', { path: folder });
    const prefix = folder === '/' ? '/' : `${folder}/`;
    const isFolderByName = new Map<string, boolean>();
    for (const path of this.#files.keys()) {
      if (!path.startsWith(prefix)) continue;
      const [name = '', ...below] = path.slice(prefix.length).split('/');
      isFolderByName.set(name, below.length > 0);
    }
    for (const [name, isFolder] of [...isFolderByName].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (name > after) yield { name, isFolder };
    }
  }

  async move(from: StoragePath, to: StoragePath): Promise<void> {
    const { bytes } = this.#file(from);
    if (from === to) return;
    this.#put(to, bytes);
    this.#files.delete(from);
  }

  async delete(path: StoragePath): Promise<void> {
    let isFound = false;
    for (const map of [this.#files, this.#uncommitted]) {
      for (const key of [...map.keys()]) {
        if (key === path || key.startsWith(`${path}/`)) isFound = map.delete(key);
      }
    }
    if (!isFound) throw new DriverError('not-found', { path });
  }

  /** Closes what `create` opened. It may be called twice. */
  async [Symbol.asyncDispose](): Promise<void> {}

  #file(path: StoragePath): StoredFile {
    const file = this.#files.get(path);
    if (file === undefined) throw new DriverError('not-found', { path });
    return file;
  }

  #isFolder(path: StoragePath): boolean {
    return path === '/' || [...this.#files.keys()].some((key) => key.startsWith(`${path}/`));
  }

  #put(path: StoragePath, bytes: Buffer): void {
    const isBelowFile = [...this.#files.keys()].some((key) => path.startsWith(`${key}/`));
    if (isBelowFile || this.#isFolder(path)) throw new DriverError('invalid-path', { path });
    this.#files.set(path, { bytes, modifiedAt: new Date() });
  }
}
