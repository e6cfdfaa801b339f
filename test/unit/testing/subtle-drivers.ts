import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  type CallOptions,
  DriverError,
  type DriverWriter,
  type FileInfo,
  ForwardingDriver,
  type ListEntry,
  type ListOptions,
  type ReadOptions,
  type ReadStream,
  type StatOptions,
  type StorageDriver,
  type StoragePath,
  type WriteOptions,
  type WriterOptions,
} from '../../../core/driver/index.ts';
import { MemoryDriver } from '../../../drivers/memory/memory-driver.ts';
import { LosesWrites } from './loses-writes.ts';

/** Remembers what `stat` has found of a file, and forgets it with each change of the file but those of one kind. */
class RemembersSizes extends ForwardingDriver {
  readonly #sizes = new Map<StoragePath, number>();
  readonly #stays: 'move' | 'commit';

  constructor(stays: 'move' | 'commit') {
    super(new MemoryDriver());
    this.#stays = stays;
  }

  override async stat(path: StoragePath, options?: StatOptions): Promise<FileInfo | undefined> {
    const info = await super.stat(path, options);
    if (info === undefined || info.isFolder || options?.uncommitted === true) return info;
    const size = this.#sizes.get(path) ?? info.size;
    this.#sizes.set(path, size);
    return { ...info, size };
  }

  override async write(...given: Parameters<StorageDriver['write']>): Promise<void> {
    await super.write(...given);
    this.#sizes.delete(given[0]);
  }

  override async openWriter(path: StoragePath, options: WriterOptions): Promise<DriverWriter> {
    const writer = await super.openWriter(path, options);
    const commit = writer.commit.bind(writer);
    writer.commit = async (to) => {
      await commit(to);
      if (this.#stays !== 'commit') this.#sizes.delete(path);
    };
    return writer;
  }

  override async move(...given: Parameters<StorageDriver['move']>): Promise<void> {
    await super.move(...given);
    this.#sizes.delete(given[0]);
    if (this.#stays !== 'move') this.#sizes.delete(given[1]);
  }

  override async delete(...given: Parameters<StorageDriver['delete']>): Promise<void> {
    await super.delete(...given);
    this.#sizes.clear();
  }
}

/** Never makes the size of a file smaller when it is rewritten. */
class KeepsTheLargestSize extends MemoryDriver {
  readonly #sizes = new Map<StoragePath, number>();

  override async stat(path: StoragePath, options?: StatOptions): Promise<FileInfo | undefined> {
    const info = await super.stat(path, options);
    return info && { ...info, size: Math.max(info.size, this.#sizes.get(path) ?? 0) };
  }

  override async write(path: StoragePath, content: Uint8Array, options?: WriteOptions): Promise<void> {
    await super.write(path, content, options);
    this.#sizes.set(path, Math.max(content.byteLength, this.#sizes.get(path) ?? 0));
  }

  override async openWriter(path: StoragePath, options: WriterOptions): Promise<DriverWriter> {
    this.#sizes.clear();
    return super.openWriter(path, options);
  }

  override async move(from: StoragePath, to: StoragePath): Promise<void> {
    await super.move(from, to);
    this.#sizes.clear();
  }

  override async delete(path: StoragePath): Promise<void> {
    await super.delete(path);
    this.#sizes.clear();
  }
}

/** Gives other paths to the memory driver. */
function renaming(change: (path: StoragePath) => string): new () => StorageDriver {
  const changed = (path: StoragePath): StoragePath => change(path) as StoragePath;
  return class extends ForwardingDriver {
    constructor() {
      super(new MemoryDriver());
    }

    override async stat(path: StoragePath, options?: StatOptions): Promise<FileInfo | undefined> {
      const info = await super.stat(changed(path), options);
      return info && { ...info, path };
    }

    override read(path: StoragePath, options?: ReadOptions): Promise<ReadStream> {
      return super.read(changed(path), options);
    }

    override async write(path: StoragePath, content: Uint8Array, options?: WriteOptions): Promise<void> {
      await super.write(changed(path), content, options);
    }

    override openWriter(path: StoragePath, options: WriterOptions): Promise<DriverWriter> {
      return super.openWriter(changed(path), options);
    }

    override move(from: StoragePath, to: StoragePath): Promise<void> {
      return super.move(changed(from), changed(to));
    }

    override delete(path: StoragePath): Promise<void> {
      return super.delete(changed(path));
    }
  };
}

const NAME = /[^/]+/g;

function refusing(isTooLong: (path: StoragePath) => boolean): new () => StorageDriver {
  return renaming((path) => {
    if (isTooLong(path)) throw new DriverError('invalid-path', { path });
    return path;
  });
}

/** Gives times that are wrong by so many hours. */
function inTimeZone(hours: number): new () => StorageDriver {
  return class extends MemoryDriver {
    override async stat(path: StoragePath, options?: StatOptions): Promise<FileInfo | undefined> {
      const info = await super.stat(path, options);
      return info && { ...info, modifiedAt: new Date(info.modifiedAt.getTime() + hours * 3_600_000) };
    }
  };
}

/** Waits in each call as for a network; whether a signal ends that wait is left to `pass`. */
export function remote(pass: (signal: AbortSignal | undefined) => void): new () => StorageDriver {
  const wait = async (options?: CallOptions): Promise<void> => {
    await nextTurn();
    pass(options?.signal);
  };
  return class extends ForwardingDriver {
    constructor() {
      super(new MemoryDriver(), { locality: 'remote' });
    }

    override async stat(path: StoragePath, options?: StatOptions): Promise<FileInfo | undefined> {
      await wait(options);
      return super.stat(path, options);
    }

    override async read(path: StoragePath, options?: ReadOptions): Promise<ReadStream> {
      await wait(options);
      return super.read(path, options);
    }

    override async write(path: StoragePath, content: Uint8Array, options?: WriteOptions): Promise<void> {
      const copy = Buffer.from(content);
      await wait(options);
      await super.write(path, copy, options);
    }

    override async openWriter(path: StoragePath, options: WriterOptions): Promise<DriverWriter> {
      await wait(options);
      const writer = await super.openWriter(path, options);
      const append = writer.append.bind(writer);
      writer.append = async (body, given) => {
        await wait(given);
        await append(body, given);
      };
      return writer;
    }

    override async *list(folder: StoragePath, options?: ListOptions): AsyncGenerator<ListEntry, void, undefined> {
      await wait(options);
      yield* super.list(folder, options);
    }

    override async move(from: StoragePath, to: StoragePath, options?: CallOptions): Promise<void> {
      await wait(options);
      await super.move(from, to, options);
    }

    override async delete(path: StoragePath, options?: CallOptions): Promise<void> {
      await wait(options);
      await super.delete(path, options);
    }
  };
}

const sizes = (what: string): string =>
  `stat gives the size of the new content after ${what}, whether that is longer or shorter`;
const LONG_NAMES = 'names of up to 255 characters are stored as they are, also where only the last character differs';
const LONG_PATHS = 'paths of up to 768 characters are stored as they are, also where only the last character differs';
const CLOCK = 'modifiedAt is right by the clock of this machine, to within ten minutes';
const KEPT = 'seventy writes are kept at the same time, and each is resumed with all of its bytes';
const OPEN = 'seventy writers are open at the same time, and each keeps its bytes until it commits';
const LIKE_NAMED = 'however a write ends, those whose paths begin with the same characters are kept';

/** Drivers whose fault is found by these cases and by no other one. */
export const SUBTLE_DRIVERS: ReadonlyArray<
  readonly [what: string, titles: readonly string[], driver: new () => StorageDriver]
> = [
  ['remembers a size when the file is moved onto', [sizes('a move')], RemembersSizes.bind(undefined, 'move')],
  ['remembers a size when a writer commits', [sizes('a commit')], RemembersSizes.bind(undefined, 'commit')],
  ['remembers a size when the file is rewritten', [sizes('a rewrite')], KeepsTheLargestSize],
  [
    'cuts names after 128 characters',
    [LONG_NAMES],
    renaming((path) => path.replaceAll(NAME, (name) => name.slice(0, 128))),
  ],
  ['refuses names of more than 128 characters', [LONG_NAMES], refusing((path) => /[^/]{129}/.test(path))],
  [
    'cuts paths after 255 characters',
    [LONG_PATHS],
    renaming((path) => (/[^/]{129}/.test(path) ? path : path.slice(0, 255))),
  ],
  [
    'refuses paths of more than 255 characters',
    [LONG_PATHS],
    refusing((path) => path.length > 255 && !/[^/]{129}/.test(path)),
  ],
  ['gives times that are an hour late', [CLOCK], inTimeZone(1)],
  ['gives times that are an hour early', [CLOCK], inTimeZone(-1)],
  ['keeps four writes at most', [KEPT], LosesWrites.bind(undefined, { kept: 4 })],
  ['keeps 64 writes at most', [KEPT], LosesWrites.bind(undefined, { kept: 64 })],
  ['has 64 open writers at most', [OPEN], LosesWrites.bind(undefined, { open: 64 })],
  ...(['commit', 'cancel', 'delete', 'write', 'move'] as const).flatMap((end) => [
    [
      `drops writes below a path as text when a ${end} ends it`,
      [LIKE_NAMED],
      LosesWrites.bind(undefined, { longer: end }),
    ] as const,
    [
      `drops writes whose path is the beginning of another one that a ${end} ends`,
      [LIKE_NAMED],
      LosesWrites.bind(undefined, { shorter: end }),
    ] as const,
  ]),
  [
    'leaves the signal to the guard',
    ['the driver itself ends each call whose signal aborts while it waits for a remote backend'],
    remote(() => undefined),
  ],
];
