import { randomUUID } from 'node:crypto';
import { mkdir, readdir, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { DriverError, type StoragePath } from '../../../../core/driver/index.ts';
import { FilesystemDriver } from '../../../../drivers/filesystem/filesystem-driver.ts';
import { bodyOf, drain } from '../../../../testing/driver-case.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';

const PATH = '/uploads/data' as StoragePath;

test('of a writer that is being excluded only the bytes that the next one keeps count', async (t) => {
  const rootFolder = await tempRoot(t);
  // The state after a process died during a takeover: the bytes still belong to the previous writer.
  const folder = join(rootFolder, 'uploads', `~${randomUUID()}~0-3~data`);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'data'), 'old bytes');
  await using driver = await FilesystemDriver.open({ rootFolder, maxCalls: 10, warn: (text) => t.log(text) });

  t.is((await driver.stat(PATH))?.size, 3);
  t.is((await drain(await driver.read(PATH))).toString(), 'old');
  await using writer = await driver.openWriter(PATH, { append: true, upTo: 3 });
  t.is(writer.size, 3);
  await writer.append(bodyOf(Buffer.from('er')));
  t.is((await driver.stat(PATH))?.size, 5);
});

test('the empty folder of a writer that died after publishing its bytes excludes no other', async (t) => {
  const rootFolder = await tempRoot(t);
  const uploads = join(rootFolder, 'uploads');
  const leave = (): Promise<unknown> => mkdir(join(uploads, `~${randomUUID()}~3~data`), { recursive: true });
  await using driver = await FilesystemDriver.open({ rootFolder, maxCalls: 10, warn: (text) => t.log(text) });

  await leave();
  const error = await t.throwsAsync(driver.openWriter(PATH, { append: true, upTo: 0 }), { instanceOf: DriverError });
  t.is(error.code, 'not-found');
  await leave();
  const begun = await driver.openWriter(PATH, { append: false });
  await begun.append(bodyOf(Buffer.from('new')));
  await begun[Symbol.asyncDispose]();
  await leave();
  await using writer = await driver.openWriter(PATH, { append: true });
  t.is(writer.size, 3);
  await writer.commit();
  t.is((await driver.stat(PATH))?.size, 3);
});

test('a writer whose bytes were removed before its folder publishes nothing', async (t) => {
  const rootFolder = await tempRoot(t);
  await using driver = await FilesystemDriver.open({ rootFolder, maxCalls: 10, warn: (text) => t.log(text) });
  const blob = '/blobs/abc/data' as StoragePath;
  for (const isThere of [false, true]) {
    await using writer = await driver.openWriter(PATH, { append: false });
    await writer.append(bodyOf(Buffer.from('bytes')));
    // The state in the middle of a removal of the upload, entry by entry.
    const [folder = ''] = await readdir(join(rootFolder, 'uploads'));
    await unlink(join(rootFolder, 'uploads', folder, 'data'));
    const error = await t.throwsAsync(writer.commit(blob), { instanceOf: DriverError });
    t.is(error.code, 'conflict');
    t.is(await driver.stat('/blobs/abc' as StoragePath).then((info) => info?.isFolder), isThere ? true : undefined);
    await driver.write('/blobs/abc/other' as StoragePath, Buffer.from('another file'));
    await driver.delete('/uploads' as StoragePath).catch(() => undefined);
  }
});

test('the folder of a writer becomes that of its blob, and a blob that is there is replaced in its folder', async (t) => {
  const rootFolder = await tempRoot(t);
  await using driver = await FilesystemDriver.open({ rootFolder, maxCalls: 10, warn: (text) => t.log(text) });
  const blob = '/blobs/abc/data' as StoragePath;
  for (const text of ['first', 'second']) {
    await using writer = await driver.openWriter(PATH, { append: false });
    await writer.append(bodyOf(Buffer.from(text)));
    await writer.commit(blob);
    t.is((await drain(await driver.read(blob))).toString(), text);
    t.deepEqual(await readdir(join(rootFolder, 'blobs/abc')), ['data']);
    t.deepEqual(await readdir(join(rootFolder, 'uploads')), []);
  }
});
