import { open, readdir, readFile, rename, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { PartialFile } from '../../../../../client/stores/layout/partial-file.ts';
import { digestOf, hexOf } from '../../../../../core/digest/digest.ts';
import { foreignOwner } from '../../../../helpers/client/owners.ts';
import { tempRoot } from '../../../../helpers/drivers/temp-root.ts';

const MIB = 1024 * 1024;

test('the file of a process on another host, or in another container of the same name, is left alone until that is silent for long', async (t) => {
  for (const pid of [undefined, process.pid]) {
    const folder = await tempRoot(t);
    const bytes = Buffer.from('the blob');
    const digest = digestOf(bytes);
    const name = `sha256-${hexOf(digest)}.${foreignOwner(pid)}.part`;
    await using other = await open(join(folder, name), 'w+');
    await other.write('the ');
    {
      await using partial = await PartialFile.open(folder, digest);
      t.is(partial.size, 0);
      await partial.remove();
    }
    t.deepEqual(await readdir(folder), [name]);
    await utimes(join(folder, name), 0, 0);
    await using partial = await PartialFile.open(folder, digest);
    t.is(partial.size, 4);
    // It was only stopped, and goes on.
    await other.write('wrong bytes', 0);
    await partial.append(bytes.subarray(4));
    await partial.moveTo(join(folder, 'final'));
    t.deepEqual(await readFile(join(folder, 'final')), bytes);
  }
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
