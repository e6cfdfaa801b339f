import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { FolderSyncs } from '../../../../drivers/filesystem/folder-syncs.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';

test('a folder that was deleted with its entries needs no sync', async (t) => {
  const folder = join(await tempRoot(t), 'a');
  const syncs = new FolderSyncs();
  await mkdir(folder);
  await t.notThrowsAsync(syncs.sync(folder));
  await rm(folder, { recursive: true });
  await t.notThrowsAsync(syncs.sync(folder));
});

test('calls that come during a sync share the next one', async (t) => {
  const folder = await tempRoot(t);
  const syncs = new FolderSyncs();
  const order: number[] = [];
  const note = (index: number, sync: Promise<void>): Promise<void> => sync.then(() => void order.push(index));
  const first = syncs.sync(folder);
  const [second, third] = [syncs.sync(folder), syncs.sync(folder)];
  t.not(first, second, 'what came behind its beginning may not be in it');
  t.is(second, third);
  const other = syncs.sync(join(folder, '..'));
  t.not(other, first);
  await Promise.all([note(2, second), note(1, first), other]);
  t.deepEqual(order, [1, 2]);
  const later = syncs.sync(folder);
  t.not(later, second);
  await later;
});

test('a failed sync fails for every call that shares it, and the next one is tried', async (t) => {
  const file = join(await tempRoot(t), 'file');
  await writeFile(file, '');
  const syncs = new FolderSyncs();
  const folder = join(file, 'below');
  const results = await Promise.allSettled([syncs.sync(folder), syncs.sync(folder), syncs.sync(folder)]);
  for (const result of results) t.like(result, { status: 'rejected', reason: { code: 'ENOTDIR' } });
  await rm(file);
  await t.notThrowsAsync(syncs.sync(folder));
});
