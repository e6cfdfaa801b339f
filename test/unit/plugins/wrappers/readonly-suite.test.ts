import test from 'ava';
import {
  type CallOptions,
  type ChangeOptions,
  ForwardingDriver,
  guardDriver,
  type StorageDriver,
  type StoragePath,
  type WriteOptions,
} from '../../../../core/driver/index.ts';
import readonly from '../../../../plugins/wrappers/readonly.ts';
import { driverSuite } from '../../../../testing/driver-suite.ts';
import { atLength } from '../../../helpers/running/length.ts';
import { BACKENDS, newBackend, wrap } from './wrap.ts';

/** The view through one driver while others change the same storage through another. */
class ChangedBesides extends ForwardingDriver {
  readonly #changed: StorageDriver;

  constructor(seen: StorageDriver, changed: StorageDriver) {
    super(seen);
    this.#changed = guardDriver(changed);
  }

  override write(path: StoragePath, content: Uint8Array, options?: WriteOptions): Promise<void> {
    return this.#changed.write(path, content, options);
  }

  override openWriter(...given: Parameters<StorageDriver['openWriter']>): ReturnType<StorageDriver['openWriter']> {
    return this.#changed.openWriter(...given);
  }

  override move(...given: Parameters<StorageDriver['move']>): Promise<void> {
    return this.#changed.move(...given);
  }

  protected override async pruneFolder(folder: StoragePath, options?: CallOptions): Promise<void> {
    await this.#changed.prune?.(folder, options);
  }

  override delete(path: StoragePath, options?: ChangeOptions): Promise<void> {
    return this.#changed.delete(path, options);
  }
}

// The suite writes what it reads, so the changes go past the wrapper: everything that can be read is read through it.
for (const backend of BACKENDS) {
  driverSuite({
    groups: atLength({ full: undefined, short: backend === 'memory' ? undefined : ['contract'] }),
    test: (title, run) => test(`on ${backend}: ${title}`, (t) => t.notThrowsAsync(run)),
    create: async () => {
      const { driver: inner, remove } = await newBackend(backend);
      const driver = new ChangedBesides(await wrap(inner, { definition: readonly }), inner);
      const dispose = async (): Promise<void> => {
        await driver[Symbol.asyncDispose]();
        await remove();
      };
      return { driver, dispose };
    },
  });
}
