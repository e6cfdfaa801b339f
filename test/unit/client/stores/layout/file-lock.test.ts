import { readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import test from 'ava';
import { FileLock, withFileLock } from '../../../../../client/stores/layout/file-lock.ts';
import { tempRoot } from '../../../../helpers/drivers/temp-root.ts';

/** No process has such an id. */
const DEAD = '4194304';

test('of many that find the lock of a dead process, one at a time goes on', async (t) => {
  const folder = await tempRoot(t);
  const path = join(folder, 'lock');
  await writeFile(path, DEAD);
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

test('the lock of a process on another host is left alone, whatever runs here', async (t) => {
  const path = join(await tempRoot(t), 'lock');
  await writeFile(path, `${DEAD} another.host token`);
  t.is(await FileLock.try(path), undefined);
  await utimes(path, 0, 0);
  await using lock = await FileLock.try(path);
  t.truthy(lock);
});
