import { dirname } from 'node:path';
import {
  abortable,
  type CallOptions,
  type ChangeOptions,
  type CheckOptions,
  DriverError,
  type DriverWriter,
  type EntryList,
  type FileInfo,
  type ListOptions,
  type ReadOptions,
  ROOT_PATH,
  type StorageDriver,
  type StoragePath,
  type WriteOptions,
  type WriterOptions,
} from '../../core/driver/index.ts';
import type { Disks } from './disks.ts';
import { DurableFolders } from './durable-folders.ts';
import { GroupedEntries } from './entry-table.ts';
import { concernsPath, errnoOf, type Purpose, toDriverError } from './errno.ts';
import { type ExclusiveFile, ExclusiveWriters } from './exclusive-writers.ts';
import { toFileInfo } from './file-info.ts';
import { FileOpener } from './file-opener.ts';
import type { FileStream } from './file-stream.ts';
import { rename, stat, unlink, writeAll } from './file-system.ts';
import { FilesystemWriter } from './filesystem-writer.ts';
import { onBytesOf } from './find-bytes.ts';
import { checkFolder } from './folder-check.ts';
import { FolderLister } from './folder-lister.ts';
import { removeTree } from './fs-races.ts';
import { type OpenedDisks, openDisks } from './open-disks.ts';
import { pruneFolder } from './prune-folder.ts';
import { RecentFiles } from './recent-files.ts';
import { RecentLookups } from './recent-lookups.ts';
import { RESERVED } from './reserved.ts';
import { Semaphore } from './semaphore.ts';
import { keptBytes } from './writer-folder.ts';

/** Where files are stored and how many calls run at once. */
export interface FilesystemOptions {
  /** Absolute. */
  readonly rootFolder: string;
  readonly maxCalls: number;
  readonly warn: (message: string) => void;
  /** Whether a root that vanishes is created again, because its content is expendable. Default: `false`. */
  readonly isExpendable?: boolean;
  /** Aborts the opening. */
  readonly signal?: AbortSignal | undefined;
}

interface FilesystemDependencies extends OpenedDisks {
  readonly folders: DurableFolders;
}

/** Stores each path as a file with the same path below a root folder, byte for byte as distribution does. */
export class FilesystemDriver implements StorageDriver {
  readonly name = 'filesystem';
  readonly capabilities = {
    locality: 'local',
    persistent: true,
    shared: true,
    atomicMove: true,
    strongListing: true,
    hidesUncommitted: false,
    exclusiveWriters: true,
    redirect: false,
    conditionalWrites: true,
    minAppendBytes: 0,
  } as const;
  readonly #rootFolder: string;
  readonly #limit: Semaphore;
  readonly #recent: RecentLookups;
  readonly #opener: FileOpener;
  readonly #lister: FolderLister;
  readonly #folders: DurableFolders;
  readonly #disks: Disks;
  readonly #isReadOnly: boolean;
  readonly #held: ExclusiveWriters;

  private constructor(
    { rootFolder, maxCalls }: FilesystemOptions,
    { disks, isReadOnly, folders }: FilesystemDependencies,
  ) {
    const isLocal = disks.areLocal;
    // Every path begins with a slash.
    this.#rootFolder = rootFolder === '/' ? '' : rootFolder;
    this.#limit = new Semaphore(maxCalls);
    this.#recent = new RecentLookups(isLocal);
    this.#opener = new FileOpener(new RecentFiles(isLocal));
    this.#lister = new FolderLister(new RecentFiles(isLocal), rootFolder);
    this.#folders = folders;
    this.#disks = disks;
    this.#isReadOnly = isReadOnly;
    this.#held = new ExclusiveWriters(folders, disks);
  }

  /**
   * See {@link openDisks} for what it creates, warns about and rejects.
   * @throws the reason of `signal` as soon as that aborts, even if a disk does not answer
   */
  static async open({ isExpendable = false, signal, ...options }: FilesystemOptions): Promise<FilesystemDriver> {
    const open: { disks?: Disks } = {};
    const folders = new DurableFolders({
      verify: async (folder) => open.disks?.verify(folder),
      isLocal: () => open.disks?.areLocal ?? false,
    });
    const opened = await abortable(
      openDisks(options.rootFolder, { folders, isExpendable, warn: options.warn }),
      signal,
    );
    open.disks = opened.disks;
    return new FilesystemDriver(options, { ...opened, folders });
  }

  async stat(path: StoragePath, options?: CallOptions): Promise<FileInfo | undefined> {
    try {
      const file = this.#fileOf(path);
      const hot = this.#recent.stat(file);
      const info =
        hot === undefined
          ? await this.#find(path, options, async (place) => toFileInfo(path, await stat(place), keptBytes(place)))
          : toFileInfo(path, hot);
      this.#recent.note(file, !info.isFolder);
      return info;
    } catch (error) {
      if (DriverError.is(error, 'not-found')) return undefined;
      throw error;
    }
  }

  async read(path: StoragePath, options: ReadOptions = {}): Promise<FileStream> {
    const { start = 0, end = Infinity, bulk = false, signal } = options;
    const range = { file: this.#fileOf(path), path, start, end, isBulk: bulk };
    const open = (file: string): Promise<FileStream> =>
      this.#opener.open({ ...range, file, end: Math.min(end, keptBytes(file)) }, signal);
    return this.#opener.openHot(range) ?? this.#find(path, options, open);
  }

  peek(path: StoragePath): Uint8Array | undefined {
    const file = this.#rootFolder + path;
    return this.#disks.hasReserved(file) ? undefined : this.#opener.peek(file);
  }

  write(path: StoragePath, content: Uint8Array, options: WriteOptions = {}): Promise<void> {
    const { durable = true, ifAbsent = false, signal } = options;
    return this.#change('place', path, options, async (file) => {
      const fill = async (descriptor: number): Promise<void> => {
        await writeAll(descriptor, content);
        signal?.throwIfAborted();
      };
      const settle = await this.#disks.place({ file, folder: dirname(file), mustBeNew: ifAbsent }, { fill, durable });
      if (durable) await settle();
      this.#recent.note(file, true);
      this.#opener.note(file);
    });
  }

  openWriter(path: StoragePath, options: WriterOptions): Promise<DriverWriter> {
    const { append, ifAbsent = false, upTo = Infinity, signal } = options;
    // Starting over creates a new file: truncating the old one would change it for its readers.
    return this.#change(append ? 'find' : 'place', path, { signal }, async (file) => {
      const begin = (): Promise<ExclusiveFile> => (ifAbsent ? this.#held.create(file) : this.#held.begin(file));
      return this.#writer(path, file, await (append ? this.#held.take(file, upTo) : begin()));
    });
  }

  list(folder: StoragePath, options: ListOptions = {}): EntryList {
    return new GroupedEntries(async () => {
      const file = this.#fileOf(folder);
      const entries =
        this.#lister.current(file) ?? (await this.#call('find', folder, options, () => this.#lister.read(file)));
      // If the folder is no longer the one from the start, its list would look as if content were gone.
      await this.#disks.verifyEntries(file);
      return entries.groups(options.after, this.#disks.isTop(file) ? RESERVED : undefined);
    });
  }

  async move(from: StoragePath, to: StoragePath, options: ChangeOptions = {}): Promise<void> {
    const source = this.#fileOf(from);
    await this.#change('place', to, options, async (target) => {
      const found = await stat(source).catch((error: unknown) => {
        throw toDriverError(error, from, 'find');
      });
      if (!found.isFile()) throw new DriverError('not-found', { path: from });
      if (source === target) return;
      await this.#disks.move(source, target, rename);
      if (options.durable === false) return;
      const changed = new Set([dirname(target), dirname(source)]);
      await Promise.all(Array.from(changed, (folder) => this.#folders.settle(folder)));
    });
  }

  delete(path: StoragePath, options: ChangeOptions = {}): Promise<void> {
    return this.#change('find', path, options, async (file) => {
      const settle = (): Promise<void> => this.#folders.settle(dirname(file));
      try {
        await unlink(file);
      } catch (error) {
        if (errnoOf(error) === 'ENOENT' && (await this.#held.removeAll(file))) return;
        // POSIX answers EPERM for a folder, Linux EISDIR.
        if (errnoOf(error) !== 'EISDIR' && errnoOf(error) !== 'EPERM') throw error;
        // Expendable content may disappear entry by entry.
        await (options.durable === false ? removeTree(file) : this.#disks.discard(file, settle));
        this.#folders.forget(file);
        return;
      }
      if (options.durable !== false) await settle();
    });
  }

  prune(folder: StoragePath, options?: CallOptions): Promise<void> {
    return this.#change('find', folder, options, pruneFolder);
  }

  async check(folders: readonly StoragePath[], { writes = false, signal }: CheckOptions = {}): Promise<void> {
    const isWritten = writes && !this.#isReadOnly;
    for (const folder of folders) {
      await this.#call('find', folder, { signal }, async (file) => {
        await checkFolder(file, { root: this.#rootFolder || '/', isWritten });
        await this.#disks.verify(file);
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #writer(path: StoragePath, file: string, held: ExclusiveFile): DriverWriter {
    const verify = (): Promise<void> => this.#disks.verify(file);
    return new FilesystemWriter(held, {
      path,
      limit: this.#limit,
      verify,
      giveBack: () => this.#held.giveBack(held, file).then(verify),
      remove: () => this.#held.remove(held).then(verify),
      publish: async (end, to = path) => {
        const target = this.#fileOf(to);
        const settle = await this.#held.publish(held, target, end).catch((error: unknown) => {
          // A folder in place of the file does not mean that another writer has it.
          throw toDriverError(error, to, 'place');
        });
        await settle();
        await this.#disks.verify(target);
      },
    });
  }

  /** Runs `action` on the file of `path`, or on its bytes elsewhere while a writer has it. */
  #find<Result>(
    path: StoragePath,
    options: CallOptions | undefined,
    action: (file: string) => Promise<Result>,
  ): Promise<Result> {
    return this.#call('find', path, options, (file) => {
      if (this.#recent.isInMissingFolder(file)) throw new DriverError('not-found', { path, driver: this.name });
      return onBytesOf(file, this.#disks.areLocal, action);
    });
  }

  #fileOf(path: StoragePath): string {
    const file = path === ROOT_PATH ? this.#rootFolder || '/' : this.#rootFolder + path;
    if (this.#disks.hasReserved(file)) throw new DriverError('invalid-path', { path });
    return file;
  }

  /** Runs a change, which counts only if the disk is still present at the end. */
  #change<Result>(
    purpose: Purpose,
    path: StoragePath,
    options: CallOptions | undefined,
    action: (file: string) => Promise<Result>,
  ): Promise<Result> {
    return this.#call(purpose, path, options, async (file) => {
      if (this.#isReadOnly) {
        throw new DriverError('not-supported', { path, cause: new Error(`${this.#rootFolder} is read-only`) });
      }
      const result = await action(file);
      await this.#disks.verify(file);
      return result;
    });
  }

  async #call<Result>(
    purpose: Purpose,
    path: StoragePath,
    options: CallOptions | undefined,
    action: (file: string) => Promise<Result>,
  ): Promise<Result> {
    const file = this.#fileOf(path);
    try {
      return await this.#limit.run(() => action(file), options?.signal);
    } catch (error) {
      // A missing disk is not an error of the path.
      if (concernsPath(error)) await this.#disks.verify(file);
      throw toDriverError(error, path, purpose);
    }
  }
}
