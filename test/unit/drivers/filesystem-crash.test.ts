import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, readlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { guardDriver } from '../../../core/driver/index.ts';
import filesystem from '../../../drivers/filesystem/index.ts';
import { assertBytes, at, bodyOf, chunked, content, MIB, readAll, writeStream } from '../../../testing/driver-case.ts';
import { pluginContext } from '../../helpers/drivers/driver-options.ts';
import { mountSmallDisk } from '../../helpers/drivers/small-disk.ts';
import { tempRoot } from '../../helpers/drivers/temp-root.ts';

const openDriver = async (root: string) =>
  guardDriver(await filesystem.create({ rootdirectory: root, maxthreads: 100 }, pluginContext()));

/** A process that has begun to write a small file and stalls. */
async function stuckProcess(root: string): Promise<ChildProcess> {
  const modules = ['temp-folder', 'durable-folders'].map((name) =>
    JSON.stringify(new URL(`../../../drivers/filesystem/${name}.js`, import.meta.url).href),
  );
  const script = `
    const [{ TempFolder }, { DurableFolders }] = await Promise.all([import(${modules.join('), import(')})]);
    const root = ${JSON.stringify(root)};
    const temp = await TempFolder.at(root + '/.stowage/tmp', new DurableFolders(), { isLocal: true });
    await temp.prepare();
    const fill = async () => {
      console.log('writing');
      await new Promise((resolve) => setTimeout(resolve, 2 ** 30));
    };
    await temp.place({ file: root + '/link', folder: root }, { fill, durable: true });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return child;
}

test('a temporary file stays while its process lives and is removed by the next start after a kill', async (t) => {
  const root = await tempRoot(t);
  const child = await stuckProcess(root);
  const exit = once(child, 'exit');
  t.teardown(() => child.kill('SIGKILL'));
  await openDriver(root);
  t.is((await readdir(join(root, '.stowage/tmp'))).length, 1);
  child.kill('SIGKILL');
  await exit;
  const driver = await openDriver(root);
  t.deepEqual(await readdir(join(root, '.stowage/tmp')), []);
  t.is(await driver.stat(at('/link')), undefined);
});

test('a leftover of another host, or with an unknown name, is removed only after a day', async (t) => {
  const root = await tempRoot(t);
  const temp = join(root, '.stowage/tmp');
  await mkdir(temp, { recursive: true });
  const hours = (count: number): Date => new Date(Date.now() - count * 3_600_000);
  for (const [name, age] of [
    ['other~1~1~a', 25],
    ['other~1~1~b', 23],
    ['notes', 25],
    ['draft', 23],
  ] as const) {
    await writeFile(join(temp, name), '');
    await utimes(join(temp, name), hours(age), hours(age));
  }
  await openDriver(root);
  t.deepEqual((await readdir(temp)).sort(), ['draft', 'other~1~1~b']);
});

test('no write, failed or not, leaves a temporary file', async (t) => {
  const root = await tempRoot(t);
  const driver = await openDriver(root);
  await driver.write(at('/folder/file'), content(3));
  await t.throwsAsync(driver.write(at('/folder'), content(3)), { message: /invalid-path/ });
  await t.throwsAsync(driver.openWriter(at('/folder'), { append: false }), { message: /invalid-path/ });
  await driver.delete(at('/folder'));
  t.deepEqual(await readdir(join(root, '.stowage/tmp')), []);
});

test('a failed body leaves a file that is exactly as long as size says', async (t) => {
  const root = await tempRoot(t);
  const driver = await openDriver(root);
  const writer = await driver.openWriter(at('/data'), { append: false });
  const broken = (async function* () {
    yield* chunked(content(3 * MIB), 70_001);
    throw new Error('the client has gone');
  })();
  await t.throwsAsync(writer.append(broken), { message: 'the client has gone' });
  t.is(writer.size, 3 * MIB);
  await writer[Symbol.asyncDispose]();
  assertBytes(await readFile(join(root, 'data')), content(3 * MIB));
});

test('a stream fails when its file turns out shorter than it was', async (t) => {
  const root = await tempRoot(t);
  const driver = await openDriver(root);
  await writeStream(driver, '/file', content(8 * MIB));
  const stream = await driver.read(at('/file'));
  await truncate(join(root, 'file'), MIB);
  const error = await t.throwsAsync(async () => {
    for await (const _ of stream) void _;
  });
  t.regex(error.message, /unavailable.*the file ends at 1048576/);
});

test.serial('no handle stays open after an abort, a destroy, a refusal or an abandoned call', async (t) => {
  const root = await tempRoot(t);
  const driver = await openDriver(root);
  await writeStream(driver, '/large', content(4 * MIB));
  await driver.write(at('/folder/small'), content(100));
  const openFiles = async (): Promise<number> => {
    // Only those of this test: others run at the same time.
    const found = await Promise.all(
      (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
    );
    return found.filter((file) => file.startsWith(root)).length;
  };
  const closed = (stream: NodeJS.ReadableStream) => new Promise((resolve) => stream.once('close', resolve));
  for (let round = 0; round < 5; round += 1) {
    const controller = new AbortController();
    const aborted = await driver.read(at('/large'), { signal: controller.signal });
    const destroyed = await driver.read(at('/large'));
    const small = await driver.read(at('/folder/small'));
    t.is(await openFiles(), 2);
    const ends = [closed(aborted), closed(destroyed), closed(small)];
    aborted.read();
    destroyed.once('data', () => destroyed.destroy());
    controller.abort();
    small.destroy();
    await Promise.all(ends);
    await t.throwsAsync(driver.read(at('/folder')), { message: /not-found/ });
    await t.throwsAsync(driver.openWriter(at('/folder'), { append: true }), { message: /not-found/ });
    await t.throwsAsync(driver.openWriter(at('/folder'), { append: false }), { message: /invalid-path/ });
    const writer = await driver.openWriter(at('/data'), { append: false });
    const signal = AbortSignal.abort();
    await t.throwsAsync(writer.append(bodyOf(content(9)), { signal }), { message: /aborted/ });
    await writer[Symbol.asyncDispose]();
  }
  t.is(await openFiles(), 0);
});

test('on a full disk an append fails with no-space, keeps a prefix and can be resumed', async (t) => {
  const root = await tempRoot(t);
  const disk = mountSmallDisk(t, root, '2m');
  if (disk === undefined) return;
  const driver = await openDriver(root);
  const bytes = content(5 * MIB);
  await using writer = await driver.openWriter(at('/data'), { append: false });
  await t.throwsAsync(writer.append(chunked(bytes)), { message: /no-space/ });
  t.true(writer.size > MIB && writer.size <= 2 * MIB);
  t.is((await driver.stat(at('/data')))?.size, writer.size);
  assertBytes(await readAll(driver, '/data'), bytes.subarray(0, writer.size));
  await t.throwsAsync(driver.write(at('/file'), content(MIB)), { message: /no-space/ });
  t.deepEqual(await readdir(join(root, '.stowage/tmp')), []);
  disk.remount('size=8m');
  await writer.append(bodyOf(bytes.subarray(writer.size)));
  await writer.commit();
  assertBytes(await readAll(driver, '/data'), bytes);
});

test('on a read-only disk the driver warns once, reads, and refuses changes', async (t) => {
  const root = await tempRoot(t);
  const disk = mountSmallDisk(t, root, '2m');
  if (disk === undefined) return;
  await writeFile(join(root, 'file'), content(9));
  disk.remount('ro');
  const context = pluginContext();
  const driver = guardDriver(await filesystem.create({ rootdirectory: root, maxthreads: 25 }, context));
  t.is(context.warnings.length, 1);
  t.regex(context.warnings.join(), /read-only.*EROFS/);
  assertBytes(await readAll(driver, '/file'), content(9));
  await t.throwsAsync(driver.write(at('/file'), content(1)), { message: /not-supported/ });
  await t.throwsAsync(driver.delete(at('/file')), { message: /not-supported/ });
  await t.throwsAsync(driver.openWriter(at('/file'), { append: true }), { message: /not-supported/ });
});
