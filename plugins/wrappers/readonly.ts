import { z } from 'zod';
import {
  type CheckOptions,
  DriverError,
  type DriverWriter,
  ForwardingDriver,
  type StorageDriver,
  type StoragePath,
} from '../../core/driver/index.ts';
import { defineWrapper } from './define-wrapper.ts';

/** Forwards reads and rejects every change with `not-supported`, without calling the wrapped driver. */
class ReadonlyDriver extends ForwardingDriver {
  override async write(path: StoragePath): Promise<never> {
    throw this.#refusal(path);
  }

  override async openWriter(path: StoragePath): Promise<DriverWriter> {
    throw this.#refusal(path);
  }

  override async move(from: StoragePath): Promise<never> {
    throw this.#refusal(from);
  }

  override async delete(path: StoragePath): Promise<never> {
    throw this.#refusal(path);
  }

  protected override async pruneFolder(folder: StoragePath): Promise<never> {
    throw this.#refusal(folder);
  }

  protected override checkFolders(folders: readonly StoragePath[], options?: CheckOptions): Promise<void> {
    return super.checkFolders(folders, { ...options, writes: false });
  }

  #refusal(path: StoragePath): DriverError {
    const cause = new Error('the storage is read-only: the configuration wraps it in the middleware "readonly"');
    return new DriverError('not-supported', { path, driver: this.name, cause });
  }
}

/** `middleware: {storage: [{name: readonly}]}`. */
export default defineWrapper({
  name: 'readonly',
  options: z.strictObject({}),
  wrap: () => (driver: StorageDriver) => new ReadonlyDriver(driver),
});
