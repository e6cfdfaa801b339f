import test from 'ava';
import { parseStoragePath } from '../../../../core/driver/index.ts';
import { FolderDriver } from '../../../../core/storage/folder-driver.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import { driverSuite } from '../../../../testing/driver-suite.ts';
import { storedFiles } from '../../../helpers/invariants/stored-files.ts';

const FOLDER = parseStoragePath('/a/folder');

driverSuite({
  test: (title, run) => test(title, (t) => t.notThrowsAsync(run)),
  create: async () => ({ driver: new FolderDriver(new MemoryDriver(), FOLDER), dispose: async () => undefined }),
});

test('everything is written below the folder, and what is beside it is neither seen nor touched', async (t) => {
  const storage = new MemoryDriver();
  await storage.write(parseStoragePath('/a/other'), Buffer.from('other'));
  const folder = new FolderDriver(storage, FOLDER);
  await folder.write(parseStoragePath('/file'), Buffer.from('own'));
  await folder.move(parseStoragePath('/file'), parseStoragePath('/moved'));
  t.is(await folder.stat(parseStoragePath('/other')), undefined);
  t.deepEqual([...(await storedFiles(storage)).keys()].sort(), ['/a/folder/moved', '/a/other']);
});
