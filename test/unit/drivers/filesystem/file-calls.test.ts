import test, { type ExecutionContext } from 'ava';
import type { StorageDriver, StoragePath } from '../../../../core/driver/index.ts';
import { recordFileCalls } from '../../../helpers/file-calls/record-file-calls.ts';
import { recorder } from '../../../helpers/file-calls/recorder.ts';

recordFileCalls();
const { at, bodyOf, content, readAll } = await import('../../../../testing/driver-case.ts');
const { FilesystemDriver } = await import('../../../../drivers/filesystem/filesystem-driver.ts');
const { guardDriver } = await import('../../../../core/driver/index.ts');
const { FAST_DISK, tempRoot } = await import('../../../helpers/drivers/temp-root.ts');

const BYTES = content(2048);
const UPLOAD = at('/uploads/1/data');

async function openDriver(t: ExecutionContext): Promise<StorageDriver> {
  const rootFolder = await tempRoot(t, FAST_DISK);
  const driver = guardDriver(await FilesystemDriver.open({ rootFolder, maxCalls: 25, warn: (text) => t.fail(text) }));
  for (const path of ['/folder/file', '/folder/inner/file', '/uploads/0/startedat'])
    await driver.write(at(path), BYTES);
  return driver;
}

/** The calls of `action`, in order; those that run at the same time in the order in which they begin. */
async function callsOf(action: () => Promise<unknown>): Promise<string> {
  recorder.start();
  await action();
  return recorder.calls.map(({ call }) => call).join(' ');
}

async function upload(driver: StorageDriver, append: boolean, commitTo?: StoragePath): Promise<void> {
  await using writer = await driver.openWriter(UPLOAD, { append });
  await writer.append(bodyOf(BYTES));
  if (commitTo !== undefined) await writer.commit(commitTo);
}

type Action = (driver: StorageDriver) => Promise<unknown>;

// `stat` right before `open` looks for missing folders; the one at the end verifies that the disk is still there. These,
// `open` of a folder and `close` take microseconds and no other thread.
const CALLS: Readonly<Record<string, readonly [action: Action, calls: string, before?: Action]>> = {
  'a write into a folder': [
    (driver) => driver.write(at('/folder/new'), BYTES),
    'stat open write close rename open fsync close stat',
  ],
  'a write that replaces a file': [
    (driver) => driver.write(at('/folder/file'), BYTES),
    'stat open write close rename open fsync close stat',
  ],
  'a write into a folder that must create its file': [
    (driver) => driver.write(at('/folder/new'), BYTES, { ifAbsent: true }),
    'stat open write close link unlink open fsync close stat',
  ],
  'a move that need not be durable': [
    (driver) => driver.move(at('/folder/file'), at('/folder/inner/moved'), { durable: false }),
    'stat rename stat',
  ],
  'a write into a missing folder': [
    (driver) => driver.write(at('/folder/a/data'), BYTES),
    'stat stat mkdir open write open fsync close close rename open fsync close stat',
  ],
  'a write into a missing folder that must create its file': [
    (driver) => driver.write(at('/folder/a/data'), BYTES, { ifAbsent: true }),
    'stat stat mkdir open write open fsync close close rename open fsync close stat',
  ],
  'a write into three missing folders': [
    (driver) => driver.write(at('/folder/a/b/c/data'), BYTES),
    'stat stat stat stat mkdir mkdir mkdir open write open fsync open fsync open fsync close close close close rename open fsync close stat',
  ],
  'a write into a missing folder that need not be durable': [
    (driver) => driver.write(at('/uploads/2/startedat'), BYTES, { durable: false }),
    'stat stat mkdir open write close rename stat',
  ],
  'a miss in a missing folder': [(driver) => driver.stat(at('/folder/none/data')), 'stat stat stat'],
  'a miss in a missing folder beside one of a moment ago': [
    (driver) => driver.stat(at('/folder/none/data')),
    'stat stat',
    (driver) => driver.stat(at('/folder/other/data')),
  ],
  'a look at a file that was just written': [
    (driver) => driver.stat(at('/folder/new')),
    'stat',
    (driver) => driver.write(at('/folder/new'), BYTES),
  ],
  'a miss in a folder': [(driver) => driver.stat(at('/folder/none')), 'stat stat readdir stat'],
  'the beginning of an upload, some bytes and its end': [
    (driver) => upload(driver, false),
    'stat stat mkdir mkdir open rename stat write close rename rmdir stat',
  ],
  'the rest of an upload, and its commit into a missing folder': [
    (driver) => upload(driver, true, at('/folder/blob/data')),
    'mkdir rename open fstat rename stat write stat fdatasync open fsync close close rename stat open fsync close stat',
    (driver) => upload(driver, false),
  ],
  'the rest of an upload, and its commit over a file': [
    (driver) => upload(driver, true, at('/folder/file')),
    'mkdir rename open fstat rename stat write fdatasync close rename rmdir open fsync close stat',
    (driver) => upload(driver, false),
  ],
  'the removal of a file': [(driver) => driver.delete(at('/folder/file')), 'unlink open fsync close stat'],
  'the removal of an upload': [
    (driver) => driver.delete(at('/uploads/0'), { durable: false }),
    'unlink readdir unlink rmdir stat',
  ],
  'the removal of a folder': [
    (driver) => driver.delete(at('/folder/inner')),
    'unlink rename open fsync close readdir unlink rmdir stat',
  ],
};

for (const [what, [action, calls, before]] of Object.entries(CALLS)) {
  test.serial(`${what} makes no more calls to the file system than it needs`, async (t) => {
    const driver = await openDriver(t);
    await before?.(driver);
    t.is(await callsOf(() => action(driver)), calls);
  });
}

test.serial('on a file system without hard links a file is still created once', async (t) => {
  const driver = await openDriver(t);
  recorder.refuse = (call) =>
    call === 'link' ? Object.assign(new Error('no hard links'), { code: 'EPERM', syscall: 'link' }) : undefined;
  t.teardown(() => (recorder.refuse = () => undefined));
  const write = (seed: number) => driver.write(at('/folder/new'), content(100, seed), { ifAbsent: true });
  const results = await Promise.allSettled([write(1), write(2), write(3)]);
  const winners = results.flatMap(({ status }, index) => (status === 'fulfilled' ? [index + 1] : []));
  t.is(winners.length, 1);
  t.deepEqual(await readAll(driver, '/folder/new'), content(100, winners[0]));
  t.true(results.every((result) => result.status === 'fulfilled' || /conflict/.test(String(result.reason))));
});
