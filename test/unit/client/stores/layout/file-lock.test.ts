import { readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import test from 'ava';
import { FileLock, withFileLock } from '../../../../../client/stores/layout/file-lock.ts';
import { deadOwner, earlierOwner, foreignOwner } from '../../../../helpers/client/owners.ts';
import { mountSmallDisk } from '../../../../helpers/drivers/small-disk.ts';
import { tempRoot } from '../../../../helpers/drivers/temp-root.ts';

test('of many that find the lock of a dead process, one at a time goes on', async (t) => {
  const folder = await tempRoot(t);
  const path = join(folder, 'lock');
  await writeFile(path, deadOwner());
  let [inside, most] = [0, 0];
  const waiting = Array.from({ length: 30 }, () =>
    withFileLock(path, async () => {
      inside += 1;
      most = Math.max(most, inside);
      await nextTurn();
      await readFile(path, 'utf8');
      inside -= 1;
    }),
  );
  await Promise.all(waiting);
  t.is(most, 1);
  t.deepEqual(await readdir(folder), []);
});

test('a lock that another one has taken over is not removed by the one who had it', async (t) => {
  const path = join(await tempRoot(t), 'lock');
  const stopped = await FileLock.try(path);
  await utimes(path, 0, 0);
  await using second = await FileLock.try(path);
  t.truthy(second);
  await stopped?.[Symbol.asyncDispose]();
  t.is(await FileLock.try(path), undefined);
});

test('the lock of a process on another host, or in another container of the same name, is left alone, whatever runs here', async (t) => {
  const path = join(await tempRoot(t), 'lock');
  await writeFile(path, foreignOwner());
  t.is(await FileLock.try(path), undefined);
  await utimes(path, 0, 0);
  await using lock = await FileLock.try(path);
  t.truthy(lock);
});

test('the lock of an earlier process with the id of this one is free', async (t) => {
  const path = join(await tempRoot(t), 'lock');
  await writeFile(path, earlierOwner());
  await using lock = await FileLock.try(path);
  t.truthy(lock);
});

test('on a full disk nobody gets a lock, and no file stays that stands for one', async (t) => {
  const folder = await tempRoot(t);
  if (mountSmallDisk(t, folder, '64k') === undefined) return;
  await t.throwsAsync(writeFile(join(folder, 'ballast'), Buffer.alloc(128 * 1024)), { code: 'ENOSPC' });
  await t.throwsAsync(FileLock.try(join(folder, 'lock')), { code: 'ENOSPC' });
  t.deepEqual(await readdir(folder), ['ballast']);
});
