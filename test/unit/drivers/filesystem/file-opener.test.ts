import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { FileOpener, type FileRange } from '../../../../drivers/filesystem/file-opener.ts';
import { RecentFiles } from '../../../../drivers/filesystem/recent-files.ts';
import { KIB, MIB } from '../../../../testing/driver-case.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';

for (const isLocal of [true, false]) {
  const where = isLocal ? 'on a local disk' : 'where every call may wait for a network';

  test(`a reader in bulk gets a file of 100 kB ${where} in one chunk, and another reader in two`, async (t) => {
    const file = join(await tempRoot(t), 'file');
    const content = randomBytes(100_000);
    await writeFile(file, content);
    const opener = new FileOpener(new RecentFiles(isLocal));
    const bulk = await opener.open(rangeOf(file, { isBulk: true }), undefined);
    t.true(bulk.whole?.equals(content));
    const other = await opener.open(rangeOf(file, {}), undefined);
    t.is(other.whole, undefined);
    const chunks = await other.toArray();
    t.deepEqual(
      chunks.map(({ byteLength }: Buffer) => byteLength),
      [64 * KIB, 100_000 - 64 * KIB],
    );
    t.true(content.equals(Buffer.concat(chunks)));
  });

  test(`a reader in bulk gets exactly the part ${where} that it asked for`, async (t) => {
    const file = join(await tempRoot(t), 'file');
    const content = randomBytes(3 * MIB);
    await writeFile(file, content);
    const opener = new FileOpener(new RecentFiles(isLocal));
    for (const [start, end] of [
      [0, Infinity],
      [1, 2 * MIB + 5],
      [70 * KIB, 71 * KIB],
      [3 * MIB - 1, 4 * MIB],
      [3 * MIB, Infinity],
      [5 * MIB, 6 * MIB],
    ] as const) {
      const stream = await opener.open(rangeOf(file, { start, end, isBulk: true }), undefined);
      t.true(content.subarray(start, end).equals(Buffer.concat(await stream.toArray())), `${start} to ${end}`);
    }
  });

  test(`a file ${where} is closed when it was read, when its reader stops, and when the reader is gone`, async (t) => {
    if (!existsSync('/proc/self/fd')) {
      t.pass('only Linux shows what is open');
      return;
    }
    const file = join(await tempRoot(t), 'file');
    await writeFile(file, randomBytes(3 * MIB));
    const opener = new FileOpener(new RecentFiles(isLocal));
    await (await opener.open(rangeOf(file, {}), undefined)).toArray();
    t.is(await timesOpen(file), 0);
    const stopped = await opener.open(rangeOf(file, {}), undefined);
    t.is(await timesOpen(file), 1);
    const closed = new Promise((resolve) => stopped.once('close', resolve));
    stopped.destroy();
    await closed;
    t.is(await timesOpen(file), 0);
    await t.throwsAsync(opener.open(rangeOf(file, {}), AbortSignal.abort(new Error('gone'))), { message: 'gone' });
    t.is(await timesOpen(file), 0);
  });
}

function rangeOf(file: string, { start = 0, end = Infinity, isBulk = false }: Partial<FileRange>): FileRange {
  return { file, path: '/file', start, end, isBulk };
}

/** How often this process has the file open. */
async function timesOpen(file: string): Promise<number> {
  const targets = await Promise.all(
    (await readdir('/proc/self/fd')).map((name) => readlink(`/proc/self/fd/${name}`).catch(() => '')),
  );
  return targets.filter((target) => target === file).length;
}
