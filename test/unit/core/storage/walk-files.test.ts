import { setImmediate as tick } from 'node:timers/promises';
import test from 'ava';
import type { StoragePath } from '../../../../core/driver/index.ts';
import { eachFileBelow } from '../../../../core/storage/walk-files.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';

const TOP = '/top' as StoragePath;

async function filled(paths: readonly string[]): Promise<MemoryDriver> {
  const driver = new MemoryDriver();
  for (const path of paths) await driver.write(path as StoragePath, Buffer.from('x'));
  return driver;
}

test('every file below a folder is visited once, in more folders than may wait, at most so many at a time', async (t) => {
  const wide = Array.from({ length: 1_500 }, (_, each) => `/top/${each}/deep/file`);
  const paths = [...wide, '/top/file', '/top/a/b/c/d/e'];
  const driver = await filled([...paths, '/other/file']);
  const seen: string[] = [];
  let [running, most] = [0, 0];
  const action = async (path: StoragePath): Promise<void> => {
    most = Math.max(most, (running += 1));
    await tick();
    running -= 1;
    seen.push(path);
  };
  await eachFileBelow(driver, TOP, { limit: 5, action });
  t.deepEqual(seen.toSorted(), paths.toSorted());
  t.is(most, 5);
});

test('a missing folder has no files, and the first failure ends the walk once nothing runs', async (t) => {
  const driver = await filled(Array.from({ length: 50 }, (_, each) => `/top/${each}/file`));
  await eachFileBelow(driver, '/none' as StoragePath, { limit: 5, action: async (path) => t.fail(path) });
  let [calls, running] = [0, 0];
  const action = async (): Promise<void> => {
    running += 1;
    const failure = ++calls === 10 ? new Error('broken') : undefined;
    await tick();
    running -= 1;
    if (failure !== undefined) throw failure;
  };
  await t.throwsAsync(eachFileBelow(driver, TOP, { limit: 5, action }), { message: 'broken' });
  t.is(running, 0);
  t.true(calls < 20);
});
