import { Readable } from 'node:stream';
import {
  type DriverCapabilities,
  DriverError,
  type DriverWriter,
  type FileInfo,
  type ListEntry,
  type ReadOptions,
  type StatOptions,
  type StorageDriver,
  type StoragePath,
  type WriteOptions,
  type WriterOptions,
} from '../../core/driver/index.ts';
import { Bytes } from './bytes.ts';
import { MemoryWriter } from './memory-writer.ts';
import { Folder, PathTree } from './path-tree.ts';

/** Committed content. It is never changed, only replaced, so a reader keeps what it has opened. */
interface StoredFile {
  readonly bytes: Bytes;
  readonly modifiedAt: Date;
}

/** The bytes of a write. The newest writer has its own list; an excluded one appends to a list that is never read. */
interface Uncommitted {
  readonly bytes: Bytes;
  /** The number of bytes before its writer began. */
  readonly begunAt: number;
  /** Whether its writer is still open. */
  isOpen: boolean;
}

/**
 * Stores everything in this process. It is the shortest driver that fulfils the whole contract: read it before you
 * write your own.
 */
export class MemoryDriver implements StorageDriver {
  readonly name = 'inmemory';
  readonly capabilities: DriverCapabilities = {
    locality: 'local',
    persistent: false,
    shared: false,
    atomicMove: true,
    strongListing: true,
    hidesUncommitted: true,
    exclusiveWriters: true,
    redirect: false,
    conditionalWrites: true,
    hidesEmptyFolders: true,
    minAppendBytes: 0,
  };
  readonly #files = new PathTree<StoredFile>();
  readonly #uncommitted = new PathTree<Uncommitted>();

  async stat(path: StoragePath, { uncommitted = false }: StatOptions = {}): Promise<FileInfo | undefined> {
    const found = this.#files.get(path);
    if (found === undefined) return uncommitted ? this.#underWay(path) : undefined;
    if (found instanceof Folder) return { path, isFolder: true, size: 0, modifiedAt: new Date(0) };
    return { path, isFolder: false, size: found.bytes.size, modifiedAt: found.modifiedAt };
  }

  async read(path: StoragePath, { start = 0, end = Infinity }: ReadOptions = {}): Promise<Readable> {
    return Readable.from(this.#file(path).bytes.slice(start, end), { objectMode: false });
  }

  async write(path: StoragePath, content: Uint8Array, { ifAbsent = false }: WriteOptions = {}): Promise<void> {
    if (ifAbsent && this.#files.get(path) !== undefined) throw new DriverError('conflict', { path });
    const bytes = new Bytes();
    bytes.add(content);
    this.#publish(path, bytes);
  }

  async openWriter(path: StoragePath, options: WriterOptions): Promise<DriverWriter> {
    const { append, ifAbsent = false, upTo = Infinity } = options;
    if (ifAbsent && (this.#files.get(path) ?? this.#uncommitted.get(path)) !== undefined) {
      throw new DriverError('conflict', { path });
    }
    const before = append ? this.#begun(path) : { bytes: new Bytes(), begunAt: 0, isOpen: false };
    if (before.isOpen && upTo < before.begunAt) throw new DriverError('conflict', { path });
    const bytes = before.isOpen ? before.bytes.first(upTo) : before.bytes;
    const own = { bytes, begunAt: bytes.size, isOpen: true };
    this.#uncommitted.set(path, own);
    return new MemoryWriter({
      bytes,
      tookOver: before.isOpen,
      isHeld: () => this.#uncommitted.get(path) === own,
      giveBack: () => (own.isOpen = false),
      publish: (to = path) => {
        this.#publish(to, bytes);
        this.#uncommitted.delete(path);
      },
      discard: () => this.#uncommitted.delete(path),
    });
  }

  async *list(folder: StoragePath, { after = '' } = {}): AsyncGenerator<ListEntry, void, undefined> {
    const found = this.#files.get(folder);
    if (!(found instanceof Folder)) throw new DriverError('not-found', { path: folder });
    for (const name of found.names()) {
      const child = name > after ? found.get(name) : undefined;
      if (child !== undefined) yield { name, isFolder: child instanceof Folder };
    }
  }

  async move(from: StoragePath, to: StoragePath): Promise<void> {
    const file = this.#file(from);
    if (from === to) return;
    this.#files.set(to, file);
    this.#files.delete(from);
  }

  async delete(path: StoragePath): Promise<void> {
    const dropped = this.#uncommitted.delete(path);
    if (!this.#files.delete(path) && !dropped) throw new DriverError('not-found', { path });
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #file(path: StoragePath): StoredFile {
    const found = this.#files.get(path);
    if (found === undefined || found instanceof Folder) throw new DriverError('not-found', { path });
    return found;
  }

  #underWay(path: StoragePath): FileInfo | undefined {
    const write = this.#uncommitted.get(path);
    if (write === undefined || write instanceof Folder) return undefined;
    return { path, isFolder: false, size: write.bytes.size, modifiedAt: write.bytes.changedAt };
  }

  /** The bytes that a writer opened with `append` resumes. */
  #begun(path: StoragePath): Uncommitted {
    const begun = this.#uncommitted.get(path);
    if (begun !== undefined && !(begun instanceof Folder)) return begun;
    const { bytes } = this.#file(path);
    return { bytes: new Bytes(bytes.chunks, bytes.size), begunAt: 0, isOpen: false };
  }

  #publish(path: StoragePath, bytes: Bytes): void {
    // A separate list of chunks: a writer that resumes `bytes` does not change what readers see.
    this.#files.set(path, { bytes: new Bytes(bytes.chunks, bytes.size), modifiedAt: new Date() });
  }
}
