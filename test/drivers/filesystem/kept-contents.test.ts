import { closeSync, openSync } from 'node:fs';
import { readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { KeptContents } from '../../../drivers/filesystem/kept-contents.ts';
import { tempRoot } from '../../helpers/temp-root.ts';

const LATER_MS = 3_000;

/** A cache whose clock runs ahead, so that every file counts as unchanged for a while. */
function ahead(): KeptContents {
  return new KeptContents(() => Date.now() + LATER_MS);
}

async function read(contents: KeptContents, file: string): Promise<boolean> {
  const descriptor = openSync(file, 'r');
  try {
    const stats = contents.statsToKeep(descriptor);
    if (stats !== undefined) contents.keep(file, stats, await readFile(file));
    return stats !== undefined;
  } finally {
    closeSync(descriptor);
  }
}

async function fileWith(t: ExecutionContext, content: string | Buffer): Promise<string> {
  const file = join(await tempRoot(t), 'file');
  await writeFile(file, content);
  return file;
}

test('what was kept is given until the file changes in place, by a replacement, or goes', async (t) => {
  const file = await fileWith(t, 'first');
  const contents = ahead();
  const current = (): string | undefined => contents.current(file)?.toString();
  t.is(current(), undefined);
  t.true(await read(contents, file));
  t.is(current(), 'first');
  t.is(current(), 'first');

  await writeFile(file, 'other');
  t.is(current(), undefined);
  t.true(await read(contents, file));
  t.is(current(), 'other');

  await writeFile(`${file}.new`, 'third');
  await rename(`${file}.new`, file);
  t.is(current(), undefined);
  t.true(await read(contents, file));
  t.is(current(), 'third');

  await rm(file);
  t.is(current(), undefined);
});

test('a change of the same size that hides its time of modification is seen', async (t) => {
  const file = await fileWith(t, 'first');
  const past = new Date('2020-01-01T00:00:00Z');
  await utimes(file, past, past);
  const contents = ahead();
  t.true(await read(contents, file));
  await writeFile(file, 'other');
  await utimes(file, past, past);
  t.is(contents.current(file), undefined);
});

test('a file that changed within the last two seconds is not kept, because a second change might not show', async (t) => {
  const file = await fileWith(t, 'fresh');
  t.false(await read(new KeptContents(), file));
});

test('neither large files nor folders are kept', async (t) => {
  const file = await fileWith(t, Buffer.alloc(16 * 1024 + 1));
  t.false(await read(ahead(), file));
  t.false(await read(ahead(), join(file, '..')));
});

test('more than 16 MiB are not kept: the oldest go', async (t) => {
  const file = await fileWith(t, 'x');
  const contents = ahead();
  t.true(await read(contents, file));
  const descriptor = openSync(file, 'r');
  const stats = contents.statsToKeep(descriptor);
  closeSync(descriptor);
  if (stats === undefined) return t.fail();
  for (let index = 0; index < 1007; index++) contents.keep(`/none/${index}`, stats, Buffer.alloc(16 * 1024));
  t.is(contents.current(file)?.toString(), 'x');
  for (let index = 1007; index < 1009; index++) contents.keep(`/none/${index}`, stats, Buffer.alloc(16 * 1024));
  t.is(contents.current(file), undefined);
});
