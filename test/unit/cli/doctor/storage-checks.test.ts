import test from 'ava';
import { driverClaims } from '../../../../cli/doctor/checks/driver-claims.ts';
import { storage } from '../../../../cli/doctor/checks/storage.ts';
import { storageClock } from '../../../../cli/doctor/checks/storage-clock.ts';
import { storageSpeed } from '../../../../cli/doctor/checks/storage-speed.ts';
import { driftOf } from '../../../../cli/doctor/clock-drift.ts';
import {
  DriverError,
  type FileInfo,
  ForwardingDriver,
  type ListOptions,
  type StatOptions,
  type StorageDriver,
  type StoragePath,
  type WriteOptions,
} from '../../../../core/driver/index.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import { eachDriver } from '../../../helpers/drivers/each-driver.ts';
import { storedFiles } from '../../../helpers/invariants/stored-files.ts';
import { examined, loadedFrom, troubles } from '../../../helpers/running/examined.ts';

eachDriver('a good storage passes, and keeps nothing of it', async (t, driver) => {
  const loaded = await loadedFrom({});
  for (const check of [storage, storageClock, driverClaims]) {
    t.deepEqual(await troubles(check, examined(t, loaded, driver)), [], check.name);
  }
  const speed = await storageSpeed.run(examined(t, loaded, driver));
  t.regex(
    speed[0]?.finding ?? '',
    /^a small file takes \d+\.\d ms to write, \d+\.\d ms to stat, \d+\.\d ms to read \(medians\)$/,
  );
  t.regex(speed[1]?.finding ?? '', /^a large file is written at \d+ MB\/s$/);
  for (const path of (await storedFiles(driver)).keys()) t.regex(path, /\/_doctor\/trials\//);
});

const folded = (path: StoragePath): StoragePath => path.toLowerCase() as StoragePath;

/** Like the default of Windows and macOS. */
class IgnoresCase extends ForwardingDriver {
  override write(path: StoragePath, content: Uint8Array, options?: WriteOptions): Promise<void> {
    return super.write(folded(path), content, options);
  }
  override move(from: StoragePath, to: StoragePath): Promise<void> {
    return super.move(folded(from), folded(to));
  }
  override stat(path: StoragePath, options?: StatOptions): Promise<FileInfo | undefined> {
    return super.stat(folded(path), options);
  }
  override read(path: StoragePath): ReturnType<StorageDriver['read']> {
    return super.read(folded(path));
  }
  override delete(path: StoragePath): Promise<void> {
    return super.delete(folded(path));
  }
  override async *list(folder: StoragePath, options?: ListOptions) {
    for await (const entry of super.list(folded(folder), options)) {
      yield entry.name === 'moved' ? { ...entry, name: 'Moved' } : entry;
    }
  }
}

class DeletesNothing extends ForwardingDriver {
  override async delete(path: StoragePath): Promise<void> {
    throw new DriverError('denied', { path });
  }
}

class LosesRaces extends ForwardingDriver {
  override write(path: StoragePath, content: Uint8Array): Promise<void> {
    return super.write(path, content);
  }
}

class RunsAhead extends ForwardingDriver {
  override async stat(path: StoragePath, options?: StatOptions): Promise<FileInfo | undefined> {
    const info = await super.stat(path, options);
    return info && { ...info, modifiedAt: new Date(info.modifiedAt.getTime() + 10_000) };
  }
}

class ListsLate extends ForwardingDriver {
  override async *list() {}
}

test('a storage that takes names of different case for one, or deletes nothing, is found out', async (t) => {
  const loaded = await loadedFrom({});
  t.deepEqual(await troubles(storage, examined(t, loaded, new IgnoresCase(new MemoryDriver()))), [
    'failure: names that differ in case only are one file, so that the tags V1 and v1 overwrite each other',
  ]);
  const [finding = ''] = await troubles(storage, examined(t, loaded, new DeletesNothing(new MemoryDriver())));
  t.regex(finding, /^failure: a file cannot be deleted: .*denied/);
});

test('a claim that is not true on this store is found out', async (t) => {
  const loaded = await loadedFrom({});
  const racing = new LosesRaces(new MemoryDriver(), { conditionalWrites: true });
  const [creation = ''] = await troubles(driverClaims, examined(t, loaded, racing));
  t.regex(creation, /^failure: of concurrent writes with ifAbsent to one path exactly one succeeds/);
  const late = (await troubles(driverClaims, examined(t, loaded, new ListsLate(new MemoryDriver())))).join('\n');
  t.regex(late, /^failure: list and stat see each write and delete as soon as it has resolved: it does not/m);
});

test('a clock that differs by seconds is a warning, and one that differs by half a minute a failure', async (t) => {
  const loaded = await loadedFrom({});
  const [finding = ''] = await troubles(storageClock, examined(t, loaded, new RunsAhead(new MemoryDriver())));
  t.regex(finding, /^warning: the clock of the storage is (?:9|10) s ahead of the one of this machine$/);
  const drift = (at: number) => driftOf('Redis', { beganAt: 100_000, endedAt: 100_400, at, coarseMs: 0 }).severity;
  t.deepEqual([98_001, 98_000, 102_399, 102_400, 70_000, 130_400, Number.NaN].map(drift), [
    ...['ok', 'warning', 'ok', 'warning'],
    ...['failure', 'failure', 'failure'],
  ]);
});
