import test from 'ava';
import { digestOf } from '../../../../../core/digest/digest.ts';
import { BackgroundCopies } from '../../../../../core/storage-copy/copy-on-read/background-copies.ts';
import { CopySide } from '../../../../../core/storage-copy/copy-side.ts';
import { MemoryDriver } from '../../../../../drivers/memory/memory-driver.ts';
import { name, pushBlob } from '../../../../helpers/content/registry-content.ts';
import { composeCore } from '../../../../helpers/core/core-parts.ts';
import { DriverWrapper } from '../../../../helpers/drivers/driver-wrapper.ts';
import { FaultInjector } from '../../../../helpers/drivers/fault-injector.ts';
import { storedFiles } from '../../../../helpers/invariants/stored-files.ts';
import { until } from '../../../../helpers/running/until.ts';
import { text } from '../pushed-image.ts';

const LARGE = Buffer.alloc(3 * 1024 * 1024, 'large');
const { paths } = composeCore(new MemoryDriver());

interface Opened {
  readonly copies: BackgroundCopies;
  /** What was logged, each line as its level and its text. */
  readonly lines: readonly string[];
}

function open(old: MemoryDriver | DriverWrapper, target: MemoryDriver | DriverWrapper): Opened {
  const [source, into] = [old, target].map((driver) => composeCore(driver).container.get(CopySide));
  if (source === undefined || into === undefined) throw new Error('there are two storages');
  const lines: string[] = [];
  const log = {
    debug: (_: object, line: string) => void lines.push(`debug ${line}`),
    warn: (_: object, line: string) => void lines.push(`warn ${line}`),
  };
  return { copies: new BackgroundCopies({ source, target: into }, log), lines };
}

async function oldStorage(...contents: readonly Buffer[]): Promise<MemoryDriver> {
  const old = new MemoryDriver();
  const { layers } = composeCore(old);
  for (const bytes of contents) await pushBlob(layers, name('team/app'), bytes);
  return old;
}

test('small and large content is copied once, however often it is read', async (t) => {
  const old = await oldStorage(text('small'), LARGE);
  const target = new MemoryDriver();
  await using copies = open(old, target).copies;
  for (const bytes of [text('small'), LARGE, text('small'), LARGE]) copies.add(digestOf(bytes));
  await until('both are there', async () => (await storedFiles(target)).size === 2);
  const files = await storedFiles(target);
  for (const bytes of [text('small'), LARGE]) t.true(files.get(paths.blobData(digestOf(bytes)))?.equals(bytes));
});

test('no more than four copies run at the same time, and all of them are done', async (t) => {
  const contents = Array.from({ length: 20 }, (_, index) => text(`content ${index}`));
  const old = await oldStorage(...contents);
  let [running, most] = [0, 0];
  class Watched extends DriverWrapper {
    protected override async around<Result>(_: unknown, action: () => Promise<Result>): Promise<Result> {
      running += 1;
      most = Math.max(most, running);
      try {
        return await action();
      } finally {
        running -= 1;
      }
    }
  }
  const target = new MemoryDriver();
  const { copies } = open(old, new Watched(target));
  for (const bytes of contents) copies.add(digestOf(bytes));
  await until('all are there', async () => (await storedFiles(target)).size === contents.length);
  await copies[Symbol.asyncDispose]();
  t.true(most > 1 && most <= 4);
});

test('damaged content is not copied, and reported', async (t) => {
  const old = await oldStorage(text('content'));
  const digest = digestOf(text('content'));
  await old.write(paths.blobData(digest), text('CONTENT'));
  const target = new MemoryDriver();
  const { copies, lines } = open(old, target);
  copies.add(digest);
  await until('it is reported', () => lines.length > 0);
  await copies[Symbol.asyncDispose]();
  t.deepEqual(lines, ['warn what the old storage has could not be copied']);
  t.is((await storedFiles(target)).size, 0);
});

test('a storage that takes nothing is reported once, and takes the next copy when it can', async (t) => {
  const contents = ['a', 'b', 'c'].map(text);
  const old = await oldStorage(...contents);
  const memory = new MemoryDriver();
  const target = new FaultInjector(memory);
  const { copies, lines } = open(old, target);
  target.plan({ fault: 'dead', index: 0, call: 'write' });
  for (const bytes of contents) copies.add(digestOf(bytes));
  await until('the first has failed', () => lines.length > 0);
  target.heal();
  await until('the others are there or have failed', async () => {
    for (const bytes of contents) copies.add(digestOf(bytes));
    return (await storedFiles(memory)).size === 3;
  });
  await copies[Symbol.asyncDispose]();
  t.deepEqual(
    lines.filter((line) => line.startsWith('warn')),
    ['warn the storage takes no copies of what the old storage has'],
  );
});

test('nothing runs after the end, and a copy that was under way leaves nothing', async (t) => {
  const old = await oldStorage(LARGE);
  const target = new MemoryDriver();
  const { copies } = open(old, target);
  copies.add(digestOf(LARGE));
  await copies[Symbol.asyncDispose]();
  copies.add(digestOf(LARGE));
  t.is((await storedFiles(target)).size, 0);
});
