import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  DRIVER_CONTRACT,
  type DriverCapabilities,
  DriverError,
  type DriverWriter,
  defineDriver,
  type FileInfo,
  type ListEntry,
  type OptionsSchema,
  parentPath,
  type ReadOptions,
  type ReadStream,
  type StorageDriver,
  type StoragePath,
  type WriteOptions,
  type WriterOptions,
} from '../../../core/driver/index.ts';
import { MemoryDriver } from '../../../drivers/memory/memory-driver.ts';
import { drain } from '../../../testing/driver-case.ts';
import type { GuaranteeName } from '../../../testing/guarantees.ts';
import { BROKEN_CHANGES } from './broken-changes.ts';
import { BROKEN_WRITERS } from './broken-writers.ts';
import { ListsEmptyFolders } from './lists-empty-folders.ts';

type ListOptions = { readonly after?: string | undefined };

/** The memory driver with other claims. */
function claiming(claims: Partial<Record<keyof DriverCapabilities, unknown>>): new () => StorageDriver {
  return class extends MemoryDriver {
    constructor() {
      super();
      Object.defineProperty(this, 'capabilities', { value: { ...this.capabilities, ...claims } });
    }
  };
}

/** The memory driver whose streams are changed. */
function reading(
  read: (driver: MemoryDriver, path: StoragePath, options: ReadOptions) => Promise<ReadStream>,
): new () => StorageDriver {
  return class extends MemoryDriver {
    readonly #plain = { read: super.read.bind(this) } as unknown as MemoryDriver;

    override async read(path: StoragePath, options: ReadOptions = {}): Promise<Readable> {
      return read(this.#plain, path, options);
    }
  };
}

/** The memory driver whose lists are changed. */
function listing(
  change: (entries: ListEntry[], after: string, folder: StoragePath) => ListEntry[],
): new () => StorageDriver {
  return class extends MemoryDriver {
    override async *list(folder: StoragePath, { after = '' }: ListOptions = {}): AsyncGenerator<ListEntry, void> {
      const entries: ListEntry[] = [];
      for await (const entry of super.list(folder)) entries.push(entry);
      yield* change(entries, after, folder);
    }
  };
}

function behind(entries: ListEntry[], after: string): ListEntry[] {
  return entries.filter(({ name }) => name > after);
}

class BatchesBackwards extends MemoryDriver {
  override list(folder: StoragePath, options?: ListOptions): AsyncGenerator<ListEntry, void> {
    const batches = async function* (entries: AsyncIterable<ListEntry>): AsyncGenerator<readonly ListEntry[]> {
      const all: ListEntry[] = [];
      for await (const entry of entries) all.push(entry);
      yield all.reverse();
    };
    return Object.assign(super.list(folder, options), { batches: () => batches(super.list(folder, options)) });
  }
}

class PrunesFiles extends MemoryDriver {
  async prune(folder: StoragePath): Promise<void> {
    await this.delete(folder).catch(() => undefined);
  }
}

class StatsOneMore extends MemoryDriver {
  override async stat(path: StoragePath): Promise<FileInfo | undefined> {
    const info = await super.stat(path);
    return info && { ...info, size: info.size + 1 };
  }
}

class StatsMissing extends MemoryDriver {
  override async stat(path: StoragePath): Promise<FileInfo | undefined> {
    return (await super.stat(path)) ?? { path, isFolder: false, size: 0, modifiedAt: new Date() };
  }
}

class KnowsNoTime extends MemoryDriver {
  override async stat(path: StoragePath): Promise<FileInfo | undefined> {
    const info = await super.stat(path);
    return info && { ...info, modifiedAt: new Date(0) };
  }
}

class StatsNow extends MemoryDriver {
  override async stat(path: StoragePath): Promise<FileInfo | undefined> {
    const info = await super.stat(path);
    return info && { ...info, modifiedAt: new Date() };
  }
}

class WritesOver extends MemoryDriver {
  override async write(path: StoragePath, content: Uint8Array): Promise<void> {
    const old = await this.read(path).then(drain, () => Buffer.alloc(0));
    await super.write(path, Buffer.concat([content, old.subarray(content.byteLength)]));
  }
}

class WritesInHalves extends MemoryDriver {
  override async write(path: StoragePath, content: Uint8Array): Promise<void> {
    await super.write(path, content.subarray(0, content.byteLength / 2));
    await nextTurn();
    await super.write(path, content);
  }
}

class ReplacesAnyway extends MemoryDriver {
  override async write(path: StoragePath, content: Uint8Array): Promise<void> {
    await super.write(path, content);
  }
}

class LooksBeforeItWrites extends MemoryDriver {
  override async write(path: StoragePath, content: Uint8Array, { ifAbsent = false }: WriteOptions = {}): Promise<void> {
    if (ifAbsent && (await this.stat(path)) !== undefined) throw new DriverError('conflict', { path });
    await nextTurn();
    await super.write(path, content);
  }
}

class BeginsAnyway extends MemoryDriver {
  override openWriter(path: StoragePath, { ifAbsent: _, ...options }: WriterOptions): Promise<DriverWriter> {
    return super.openWriter(path, options);
  }
}

class WritesLater extends MemoryDriver {
  override async write(path: StoragePath, content: Uint8Array): Promise<void> {
    void nextTurn().then(() => super.write(path, content));
  }
}

class KeepsTombstones extends MemoryDriver {
  readonly #deleted = new Set<StoragePath>();

  override async write(path: StoragePath, content: Uint8Array): Promise<void> {
    if (this.#deleted.has(path) || this.#deleted.has(parentPath(path))) throw new DriverError('invalid-path', { path });
    await super.write(path, content);
  }

  override async delete(path: StoragePath): Promise<void> {
    await super.delete(path);
    this.#deleted.add(path);
  }
}

class ListsMissing extends MemoryDriver {
  override async *list(folder: StoragePath, options?: ListOptions): AsyncGenerator<ListEntry, void> {
    const info = await this.stat(folder);
    if (info?.isFolder === true) yield* super.list(folder, options);
  }
}

class ListsLate extends MemoryDriver {
  #seen: ListEntry[] = [];

  override async *list(folder: StoragePath, options?: ListOptions): AsyncGenerator<ListEntry, void> {
    const before = this.#seen;
    this.#seen = [];
    for await (const entry of super.list(folder, options)) this.#seen.push(entry);
    yield* before;
  }
}

class ForgetsWrites extends MemoryDriver {
  override stat(path: StoragePath): Promise<FileInfo | undefined> {
    return super.stat(path);
  }
}

class PeeksAtOldContent extends MemoryDriver {
  readonly #seen = new Map<string, Uint8Array>();

  override async write(path: StoragePath, content: Uint8Array): Promise<void> {
    if (!this.#seen.has(path)) this.#seen.set(path, content);
    await super.write(path, content);
  }

  peek(path: StoragePath): Uint8Array | undefined {
    return this.#seen.get(path);
  }
}

/** Drivers that break one guarantee each. */
export const BROKEN_DRIVERS: readonly (readonly [
  what: string,
  breaks: GuaranteeName,
  driver: new () => StorageDriver,
])[] = [
  ['leaves out a capability', 'capabilities', claiming({ minAppendBytes: undefined })],
  ['claims to be persistent', 'persistent', claiming({ persistent: true })],
  ['claims to be shared', 'shared', claiming({ shared: true })],
  ['claims to redirect', 'redirect', claiming({ redirect: true })],
  ['claims strong listing', 'strongListing', ListsLate],
  ['claims to hide empty folders', 'hidesEmptyFolders', ListsEmptyFolders],
  ['says that every path exists', 'stat', StatsMissing],
  ['gives a wrong size', 'size', StatsOneMore],
  ['gives no time', 'modifiedAt', KnowsNoTime],
  ['gives the current time', 'modifiedAt', StatsNow],
  ['ignores the start', 'readStart', reading((driver, path, { end }) => driver.read(path, { end }))],
  ['reads past the end', 'readEnd', reading((driver, path, { start }) => driver.read(path, { start }))],
  [
    'fails with another code',
    'readMissing',
    reading((driver, path, options) =>
      driver.read(path, options).catch(() => {
        throw new DriverError('unavailable', { path });
      }),
    ),
  ],
  [
    'offers too many bytes at once',
    'readWhole',
    reading(async (driver, path, options) => {
      const whole = await drain(await driver.read(path));
      return Object.assign(await driver.read(path, options), { whole });
    }),
  ],
  [
    'reads content that came later',
    'readKeeps',
    reading(async (driver, path) => {
      const bytes = (await drain(await driver.read(path))).byteLength;
      const later = async function* (): AsyncGenerator<Uint8Array> {
        await nextTurn();
        const now = await driver.read(path).then(drain, () => Buffer.alloc(0));
        yield now.subarray(0, bytes);
      };
      return Readable.from(later(), { objectMode: false });
    }),
  ],
  ['overwrites the beginning', 'write', WritesOver],
  ['writes in two steps', 'writeAtomic', WritesInHalves],
  ['replaces what must be absent', 'ifAbsent', ReplacesAnyway],
  ['checks before it writes', 'conditionalWrites', LooksBeforeItWrites],
  ['starts over existing content', 'firstWriter', BeginsAnyway],
  ['writes after it has resolved', 'writeDurable', WritesLater],
  ['never forgets a deleted path', 'folders', KeepsTombstones],
  ['lists in another order', 'list', listing((entries, after) => behind(entries, after).reverse())],
  ['has batches in another order', 'batches', BatchesBackwards],
  ['prunes what is not empty', 'prune', PrunesFiles],
  ['ignores `after`', 'listAfter', listing((entries) => entries)],
  ['lists `after` itself', 'listAfter', listing((entries, after) => entries.filter(({ name }) => name >= after))],
  ['lists what is missing', 'listMissing', ListsMissing],
  [
    'lists folders as files',
    'entry',
    listing((entries, after) => behind(entries, after).map(({ name }) => ({ name, isFolder: false }))),
  ],
  ['peeks at old content', 'peek', PeeksAtOldContent],
  ['shows only what is committed', 'statUncommitted', ForgetsWrites],
  ...BROKEN_CHANGES,
  ...BROKEN_WRITERS,
];

const options: OptionsSchema<string> = {
  '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value: String(value) }) },
};

/** For other processes: the options name the fault of the driver. */
export default defineDriver({
  name: 'broken',
  contract: DRIVER_CONTRACT,
  options,
  create: async (wanted) => {
    const found = BROKEN_DRIVERS.find(([what]) => what === wanted);
    if (found === undefined) throw new Error(`no driver ${wanted}`);
    return new found[2]();
  },
});
