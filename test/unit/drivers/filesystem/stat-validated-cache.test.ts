import { readFileSync, type Stats, statSync } from 'node:fs';
import { mkdir, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { StatValidatedCache } from '../../../../drivers/filesystem/stat-validated-cache.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';

const LATER_MS = 3_000;

/** A memory whose clock runs ahead, so that every file counts as unchanged for a while. */
function ahead(maxBytes = 1000): StatValidatedCache<string> {
  return new StatValidatedCache<string>(maxBytes, () => Date.now() + LATER_MS);
}

function read(kept: StatValidatedCache<string>, file: string): boolean {
  const stats = statSync(file);
  if (!kept.isSettled(stats)) return false;
  kept.keep(file, { stats, value: readFileSync(file, 'utf8'), bytes: stats.size });
  return true;
}

async function fileWith(t: ExecutionContext, content: string): Promise<string> {
  const file = join(await tempRoot(t), 'file');
  await writeFile(file, content);
  return file;
}

test('kept content is returned until the file changes in place, is replaced, or is removed', async (t) => {
  const file = await fileWith(t, 'first');
  const kept = ahead();
  t.is(kept.current(file), undefined);
  t.true(read(kept, file));
  t.is(kept.current(file), 'first');
  t.is(kept.current(file), 'first');

  await writeFile(file, 'other');
  t.is(kept.current(file), undefined);
  t.true(read(kept, file));
  t.is(kept.current(file), 'other');

  await writeFile(`${file}.new`, 'third');
  await rename(`${file}.new`, file);
  t.is(kept.current(file), undefined);
  t.true(read(kept, file));
  t.is(kept.current(file), 'third');

  await rm(file);
  t.is(kept.current(file), undefined);
});

test('a change of the same size that hides its modification time is detected', async (t) => {
  const file = await fileWith(t, 'first');
  const past = new Date('2020-01-01T00:00:00Z');
  await utimes(file, past, past);
  const kept = ahead();
  t.true(read(kept, file));
  await writeFile(file, 'other');
  await utimes(file, past, past);
  t.is(kept.current(file), undefined);
});

test('a file that changed within the last two seconds has not settled, because a second change might not show', async (t) => {
  const file = await fileWith(t, 'fresh');
  t.false(read(new StatValidatedCache<string>(1000), file));
});

test('an entry that is added, removed or changed in kind is detected', async (t) => {
  const folder = await tempRoot(t);
  const kept = ahead();
  const keep = (): Stats => {
    const stats = statSync(folder);
    kept.keep(folder, { stats, value: 'kept', bytes: 4 });
    return stats;
  };
  const changes = [
    () => writeFile(join(folder, 'file'), ''),
    () => rm(join(folder, 'file')),
    () => mkdir(join(folder, 'file')),
    () => rename(join(folder, 'file'), join(folder, 'other')),
  ];
  for (const change of changes) {
    keep();
    t.is(kept.current(folder), 'kept');
    await change();
    t.is(kept.current(folder), undefined);
  }
});

test('the oldest entries are removed beyond the limit in bytes', async (t) => {
  const file = await fileWith(t, '0123456789');
  const kept = ahead(100);
  t.true(read(kept, file));
  const stats = statSync(file);
  kept.keep('/another', { stats, value: '', bytes: 90 });
  t.is(kept.current(file), '0123456789');
  kept.keep('/a third', { stats, value: '', bytes: 1 });
  t.is(kept.current(file), undefined);
});
