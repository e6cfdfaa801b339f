import { readdir, readFile, rename, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { PartialFile } from '../../../../../client/stores/layout/partial-file.ts';
import { digestOf, hexOf } from '../../../../../core/digest/digest.ts';
import { tempRoot } from '../../../../helpers/drivers/temp-root.ts';

const MIB = 1024 * 1024;

test('the file of a process on another host is left alone until that has not touched it for long', async (t) => {
  const folder = await tempRoot(t);
  const digest = digestOf(Buffer.from('the blob'));
  // No process of this host has the id.
  const name = `sha256-${hexOf(digest)}.00000000-4194304-1.part`;
  await writeFile(join(folder, name), 'the ');
  {
    await using partial = await PartialFile.open(folder, digest);
    t.is(partial.size, 0);
    await partial.remove();
  }
  t.deepEqual(await readdir(folder), [name]);
  await utimes(join(folder, name), 0, 0);
  await using partial = await PartialFile.open(folder, digest);
  t.is(partial.size, 4);
});

test('a file that another process has taken over and completed is not cut by the one who had it', async (t) => {
  const folder = await tempRoot(t);
  const bytes = Buffer.alloc(2 * MIB, 'x');
  const final = join(folder, 'final');
  {
    await using partial = await PartialFile.open(folder, digestOf(bytes));
    await partial.append(bytes.subarray(0, MIB));
    const [name = ''] = await readdir(folder);
    await rename(join(folder, name), final);
    await writeFile(final, bytes, { flag: 'r+' });
    await t.throwsAsync(partial.restart(), { code: 'storage' });
  }
  t.is((await stat(final)).size, bytes.byteLength);
  t.deepEqual(await readFile(final), bytes);
});
