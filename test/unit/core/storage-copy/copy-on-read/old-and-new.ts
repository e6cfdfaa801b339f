import {
  ForwardingDriver,
  guardDriver,
  type StorageDriver,
  type StoragePath,
} from '../../../../../core/driver/index.ts';
import { PathMapper } from '../../../../../core/storage/paths/path-mapper.ts';
import { CopyOnReadDriver } from '../../../../../core/storage-copy/copy-on-read/copy-on-read-driver.ts';
import { SourceStorage } from '../../../../../core/storage-copy/copy-on-read/source-storage.ts';
import { MemoryDriver } from '../../../../../drivers/memory/memory-driver.ts';
import { CountingDriver } from '../../../../helpers/drivers/counting-driver.ts';
import { FaultInjector } from '../../../../helpers/drivers/fault-injector.ts';

/** An old storage and a new one, and what a registry sees that is moved from one to the other. */
export interface OldAndNew {
  readonly old: MemoryDriver;
  readonly new: MemoryDriver;
  /** Of the calls of the old storage. */
  readonly faults: FaultInjector;
  readonly calls: { readonly old: CountingDriver; readonly new: CountingDriver };
  readonly driver: StorageDriver;
  /** What was opened in the old storage. */
  readonly read: readonly StoragePath[];
}

/** Offers a URL for each path. */
class RedirectingDriver extends ForwardingDriver {
  constructor(inner: StorageDriver) {
    super(inner, { redirect: true });
  }

  protected override async urlFor(path: StoragePath): Promise<URL> {
    return new URL(`https://storage.example${path}`);
  }
}

/** Two storages in memory, both empty. The new one offers URLs. */
export function oldAndNew(): OldAndNew {
  const paths = new PathMapper();
  const storages = { old: new MemoryDriver(), new: new MemoryDriver() };
  const faults = new FaultInjector(storages.old);
  const calls = { old: new CountingDriver(faults), new: new CountingDriver(storages.new) };
  const read: StoragePath[] = [];
  const source = new SourceStorage(guardDriver(calls.old), {
    landmark: paths.repositories(),
    isHidden: (folder, name) => paths.copies.isActivity(folder, name),
  });
  const driver = new CopyOnReadDriver(guardDriver(new RedirectingDriver(calls.new)), source, {
    isContent: (path) => paths.copies.isContent(path),
    onRead: (path) => void read.push(path),
  });
  return { ...storages, faults, calls, driver: guardDriver(driver), read };
}
