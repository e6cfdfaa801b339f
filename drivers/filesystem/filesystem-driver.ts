import { type Stats, statSync } from 'node:fs';
import { rename, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  type CallOptions,
  type ChangeOptions,
  DriverError,
  type DriverWriter,
  type FileInfo,
  type ListEntry,
  type ReadOptions,
  ROOT_PATH,
  type StorageDriver,
  type StoragePath,
  type WriterOptions,
} from '../../core/driver/index.ts';
import { CallLimit } from './call-limit.ts';
import { DurableFolders } from './durable-folders.ts';
import { errnoOf, type Purpose, toDriverError } from './errno.ts';
import { FileOpener } from './file-opener.ts';
import type { FileStream } from './file-stream.ts';
import { FilesystemWriter } from './filesystem-writer.ts';
import { FolderLister, indexBehind } from './folder-lister.ts';
import { type HeldFile, HeldFiles, keptBytes } from './held-files.ts';
import { HotFiles, isOnLocalFileSystem } from './hot-files.ts';
import { TempFolder } from './temp-folder.ts';

/** The driver's own folder in the root; no storage path reaches it. */
const RESERVED = '.stowage';
/** How often a file is looked for that changes hands. */
const MOST_PLACES = 20;

/** Where files are kept and how many calls run at once. */
export interface FilesystemOptions {
  /** Absolute. */
  readonly rootFolder: string;
  readonly maxCalls: number;
  readonly warn: (message: string) => void;
}

interface DriverParts {
  readonly isLocal: boolean;
  readonly folders: DurableFolders;
  readonly temp: TempFolder;
}

/** Keeps each path as a file of the same path below a root folder, byte for byte as distribution does. */
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
    minAppendBytes: 0,
  } as const;
  readonly #rootFolder: string;
  readonly #limit: CallLimit;
  readonly #hotStats: HotFiles;
  readonly #opener: FileOpener;
  readonly #lister: FolderLister;
  readonly #folders: DurableFolders;
  readonly #temp: TempFolder;
  readonly #held: HeldFiles;

  private constructor({ rootFolder, maxCalls }: FilesystemOptions, { isLocal, folders, temp }: DriverParts) {
    // Every path begins with a slash.
    this.#rootFolder = rootFolder === '/' ? '' : rootFolder;
    this.#limit = new CallLimit(maxCalls);
    this.#hotStats = new HotFiles(isLocal);
    this.#opener = new FileOpener(new HotFiles(isLocal));
    this.#lister = new FolderLister(new HotFiles(isLocal));
    this.#folders = folders;
    this.#temp = temp;
    this.#held = new HeldFiles(folders, (folder) => temp.discard(folder));
  }

  /** Makes the root if it is missing and clears what a crash has left; a read-only disk can be read from. */
  static async open(options: FilesystemOptions): Promise<FilesystemDriver> {
    const { rootFolder, warn } = options;
    const folders = new DurableFolders();
    const temp = await TempFolder.at(join(rootFolder, RESERVED, 'tmp'), folders);
    try {
      await temp.prepare();
    } catch (error) {
      if (errnoOf(error) !== 'EROFS' || !(await stat(rootFolder).catch(() => undefined))?.isDirectory()) throw error;
      warn(`${rootFolder} is on a read-only disk: content can be read, and every write will be refused`);
    }
    return new FilesystemDriver(options, { isLocal: await isOnLocalFileSystem(rootFolder), folders, temp });
  }

  async stat(path: StoragePath, options?: CallOptions): Promise<FileInfo | undefined> {
    try {
      const file = this.#fileOf(path);
      const hot = this.#statHot(file);
      const info =
        hot === undefined
          ? await this.#find(path, options, async (place) => toFileInfo(path, await stat(place), keptBytes(place)))
          : toFileInfo(path, hot);
      this.#hotStats.note(file, !info.isFolder);
      return info;
    } catch (error) {
      if (DriverError.is(error, 'not-found')) return undefined;
      throw error;
    }
  }

  async read(path: StoragePath, options: ReadOptions = {}): Promise<FileStream> {
    const { start = 0, end = Infinity, signal } = options;
    const range = { file: this.#fileOf(path), path, start, end };
    const open = (file: string): Promise<FileStream> =>
      this.#opener.open({ ...range, file, end: Math.min(end, keptBytes(file)) }, signal);
    return this.#opener.openHot(range) ?? this.#find(path, options, open);
  }

  peek(path: StoragePath): Uint8Array | undefined {
    return isReserved(path) ? undefined : this.#opener.peek(this.#rootFolder + path);
  }

  write(path: StoragePath, content: Uint8Array, options: ChangeOptions = {}): Promise<void> {
    const { durable = true, signal } = options;
    return this.#call('place', path, options, async (file) => {
      const handle = await this.#temp.place({ file, folder: dirname(file) }, async (temp) => {
        await temp.writeFile(content);
        if (durable) await temp.datasync();
        signal?.throwIfAborted();
      });
      await handle.close();
      if (durable) await this.#folders.settle(dirname(file));
    });
  }

  openWriter(path: StoragePath, { append, upTo = Infinity, signal }: WriterOptions): Promise<DriverWriter> {
    // Beginning anew makes a new file: truncating the old one would change it under its readers.
    return this.#call(append ? 'find' : 'place', path, { signal }, async (file) => {
      const held = await (append ? this.#held.take(file, upTo) : this.#held.begin(file));
      return this.#writer(path, file, held);
    });
  }

  async *list(
    folder: StoragePath,
    options: CallOptions & { readonly after?: string | undefined } = {},
  ): AsyncGenerator<ListEntry, void, undefined> {
    const { after = '' } = options;
    const isRoot = folder === ROOT_PATH;
    const entries = this.#lister.current(this.#fileOf(folder)) ?? (await this.#listAnew(folder, options));
    for (let index = indexBehind(entries, after); index < entries.length; index++) {
      const entry = entries[index];
      if (entry !== undefined && !(isRoot && entry.name === RESERVED)) yield entry;
    }
  }

  async move(from: StoragePath, to: StoragePath, options?: CallOptions): Promise<void> {
    const source = this.#fileOf(from);
    await this.#call('place', to, options, async (target) => {
      const found = await stat(source).catch((error: unknown) => {
        throw toDriverError(error, from, 'find');
      });
      if (!found.isFile()) throw new DriverError('not-found', { path: from });
      if (source === target) return;
      await this.#folders.put(dirname(target), () => rename(source, target));
      const changed = new Set([dirname(target), dirname(source)]);
      await Promise.all(Array.from(changed, (folder) => this.#folders.settle(folder)));
    });
  }

  delete(path: StoragePath, options: ChangeOptions = {}): Promise<void> {
    return this.#call('find', path, options, async (file) => {
      try {
        await unlink(file);
      } catch (error) {
        if (errnoOf(error) === 'ENOENT' && (await this.#held.removeAll(file))) return;
        // POSIX answers EPERM for a folder, Linux EISDIR.
        if (errnoOf(error) !== 'EISDIR' && errnoOf(error) !== 'EPERM') throw error;
        await this.#temp.discard(file);
      }
      if (options.durable !== false) await this.#folders.settle(dirname(file));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #writer(path: StoragePath, file: string, held: HeldFile): DriverWriter {
    return new FilesystemWriter(held, {
      path,
      limit: this.#limit,
      giveBack: () => this.#held.giveBack(held, file),
      remove: () => this.#held.remove(held),
      publish: async (to = path) => {
        const target = this.#fileOf(to);
        await this.#held.release(held, target).catch((error: unknown) => {
          // A folder in the place of the file is no other writer.
          throw toDriverError(error, to, 'place');
        });
        await this.#folders.settle(dirname(target));
      },
    });
  }

  /** Runs `action` on the file of `path`, or where its bytes are while a writer has it. */
  #find<Result>(
    path: StoragePath,
    options: CallOptions | undefined,
    action: (file: string) => Promise<Result>,
  ): Promise<Result> {
    return this.#call('find', path, options, async (file) => {
      let place: string | undefined = file;
      for (let attempt = 1; ; attempt++) {
        try {
          return await action(place ?? file);
        } catch (error) {
          if (errnoOf(error) !== 'ENOENT' || attempt === MOST_PLACES || place === undefined) throw error;
          // It may be put back, or be taken, at any moment; where nobody has it, it is looked for once more.
          place = place === file ? await this.#held.find(file) : file;
        }
      }
    });
  }

  #listAnew(folder: StoragePath, options: CallOptions): Promise<readonly ListEntry[]> {
    return this.#call('find', folder, options, (file) =>
      this.#lister.read(file).catch((error: unknown) => {
        if (folder === ROOT_PATH && errnoOf(error) === 'ENOENT') return [];
        throw error;
      }),
    );
  }

  #statHot(file: string): Stats | undefined {
    if (!this.#hotStats.claim(file)) return undefined;
    try {
      return statSync(file);
    } catch {
      // Whatever it is, the other way will meet it, too, and can say what it means.
      return undefined;
    }
  }

  #fileOf(path: StoragePath): string {
    if (isReserved(path)) throw new DriverError('invalid-path', { path });
    return this.#rootFolder + path;
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
      // No fault of the path: something else lies where the root was.
      const isAway = errnoOf(error) === 'ENOTDIR' && !(await this.#hasRoot());
      throw isAway ? new DriverError('unavailable', { path, cause: error }) : toDriverError(error, path, purpose);
    }
  }

  async #hasRoot(): Promise<boolean> {
    const found = await stat(this.#rootFolder || '/').catch(() => undefined);
    return found?.isDirectory() === true;
  }
}

function isReserved(path: string): boolean {
  return path === `/${RESERVED}` || path.startsWith(`/${RESERVED}/`);
}

function toFileInfo(path: StoragePath, found: Stats, mostBytes = Infinity): FileInfo {
  const isFolder = found.isDirectory();
  return { path, isFolder, size: isFolder ? 0 : Math.min(found.size, mostBytes), modifiedAt: found.mtime };
}
