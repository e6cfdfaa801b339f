import test from 'ava';
import {
  type CallOptions,
  type ChangeOptions,
  ForwardingDriver,
  guardDriver,
  ROOT_PATH,
  type StorageDriver,
  type StoragePath,
  type WriteOptions,
} from '../../../../../core/driver/index.ts';
import { CopyOnReadDriver } from '../../../../../core/storage-copy/copy-on-read/copy-on-read-driver.ts';
import { SourceStorage } from '../../../../../core/storage-copy/copy-on-read/source-storage.ts';
import { MemoryDriver } from '../../../../../drivers/memory/memory-driver.ts';
import { driverSuite } from '../../../../../testing/driver-suite.ts';
import { atLength } from '../../../../helpers/running/length.ts';
import { BACKENDS, newBackend } from '../../../plugins/wrappers/wrap.ts';

/** Everything is content, as if every path were that of a blob. */
function copyOnRead(target: StorageDriver, source: StorageDriver): StorageDriver {
  const reading = new SourceStorage(guardDriver(source), { landmark: ROOT_PATH, isHidden: () => false });
  const options = { isContent: () => true, onRead: () => undefined };
  return guardDriver(new CopyOnReadDriver(guardDriver(target), reading, options));
}

/** What is read comes through one driver, and changes go to the old storage, past it. */
class ChangedInSource extends ForwardingDriver {
  readonly #source: StorageDriver;

  constructor(seen: StorageDriver, source: StorageDriver) {
    super(seen, source.capabilities);
    this.#source = guardDriver(source);
  }

  override write(path: StoragePath, content: Uint8Array, options?: WriteOptions): Promise<void> {
    return this.#source.write(path, content, options);
  }

  override openWriter(...given: Parameters<StorageDriver['openWriter']>): ReturnType<StorageDriver['openWriter']> {
    return this.#source.openWriter(...given);
  }

  override move(...given: Parameters<StorageDriver['move']>): Promise<void> {
    return this.#source.move(...given);
  }

  override delete(path: StoragePath, options?: ChangeOptions): Promise<void> {
    return this.#source.delete(path, options);
  }

  protected override async pruneFolder(folder: StoragePath, options?: CallOptions): Promise<void> {
    await this.#source.prune?.(folder, options);
  }
}

for (const backend of BACKENDS) {
  const groups = atLength({ full: undefined, short: backend === 'memory' ? undefined : (['contract'] as const) });
  driverSuite({
    groups,
    test: (title, run) => test(`${backend}, filled from an empty storage: ${title}`, (t) => t.notThrowsAsync(run)),
    create: async () => {
      const { driver: target, remove } = await newBackend(backend);
      const driver = copyOnRead(target, new MemoryDriver());
      const dispose = async (): Promise<void> => {
        await target[Symbol.asyncDispose]();
        await remove();
      };
      return { driver, dispose };
    },
  });
}

// What a target lacks is read from the source, with the same guarantees.
driverSuite({
  groups: ['contract'],
  test: (title, run) => test(`an empty target, read from memory: ${title}`, (t) => t.notThrowsAsync(run)),
  create: async () => {
    const source = new MemoryDriver();
    return {
      driver: new ChangedInSource(copyOnRead(new MemoryDriver(), source), source),
      dispose: async () => undefined,
    };
  },
});
