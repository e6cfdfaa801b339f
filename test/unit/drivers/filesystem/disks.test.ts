import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { guardDriver, type StorageDriver } from '../../../../core/driver/index.ts';
import { FilesystemDriver } from '../../../../drivers/filesystem/filesystem-driver.ts';
import { ownIdentity } from '../../../../drivers/filesystem/process-identity.ts';
import { assertBytes, at, bodyOf, content, MIB, names, readAll } from '../../../../testing/driver-case.ts';
import { mountFor } from '../../../helpers/drivers/small-disk.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';

const V2 = 'docker/registry/v2';
const PLACES = [
  'docker',
  'docker/registry',
  V2,
  `${V2}/blobs`,
  `${V2}/blobs/sha256`,
  `${V2}/repositories`,
  `${V2}/repositories/team`,
];

async function openDriver(t: ExecutionContext, rootFolder: string): Promise<StorageDriver> {
  const driver = guardDriver(
    await FilesystemDriver.open({ rootFolder, maxCalls: 25, warn: (text) => t.fail(`warned: ${text}`) }),
  );
  t.teardown(() => driver[Symbol.asyncDispose]());
  return driver;
}

/** Makes the calls of a push, a delete and a purge. */
async function assertWorks(t: ExecutionContext, driver: StorageDriver): Promise<void> {
  const bytes = content(3 * MIB);
  const upload = `/${V2}/repositories/team/app/_uploads/1/data`;
  const blob = `/${V2}/blobs/sha256/ab/abc/data`;
  const tag = `/${V2}/repositories/team/app/_manifests/tags/v1`;
  for (const start of [bytes.subarray(0, MIB), bytes.subarray(MIB)]) {
    await using writer = await driver.openWriter(at(upload), { append: start.byteLength > MIB });
    await writer.append(bodyOf(start));
    if (start.byteLength > MIB) await writer.commit(at(blob));
  }
  assertBytes(await readAll(driver, blob), bytes);
  t.is(await driver.stat(at(upload)), undefined);
  await driver.write(at(upload), content(9));
  await driver.move(at(upload), at(blob));
  assertBytes(await readAll(driver, blob), content(9));
  await driver.write(at(`${tag}/current/link`), content(5));
  await driver.write(at(`${tag}/current/link`), content(6));
  await driver.delete(at(tag));
  await driver.delete(at(`/${V2}/blobs/sha256/ab/abc`));
  t.is(await driver.stat(at(tag)), undefined);
  t.is(await driver.stat(at(blob)), undefined);
}

/** All files of the driver's own below the root, except those that name a disk. */
async function leftovers(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory() && !entry.isSymbolicLink() && !entry.name.startsWith('name-'))
    .map((entry) => join(entry.parentPath, entry.name));
}

for (const place of PLACES) {
  for (const isBefore of [true, false]) {
    test(`a disk that is mounted at ${place} ${isBefore ? 'before' : 'after'} the start takes every change`, async (t) => {
      const root = await tempRoot(t);
      const folder = join(root, place);
      await mkdir(folder, { recursive: true });
      const early = isBefore ? undefined : await openDriver(t, root);
      if (mountFor(t, '-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', folder) === undefined) return;
      const driver = early ?? (await openDriver(t, root));
      await assertWorks(t, driver);
      t.deepEqual(await leftovers(root), []);
      t.deepEqual(
        (await names(driver, `/${place}`)).filter((name) => name.startsWith('.')),
        [],
      );
    });
  }

  test(`a symbolic link at ${place} to another disk takes every change`, async (t) => {
    const [root, disk] = [await tempRoot(t), await tempRoot(t)];
    if (mountFor(t, '-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', disk) === undefined) return;
    await mkdir(join(root, place, '..'), { recursive: true });
    await mkdir(join(disk, 'inside'));
    await symlink(join(disk, 'inside'), join(root, place));
    await assertWorks(t, await openDriver(t, root));
    t.deepEqual([...(await leftovers(root)), ...(await leftovers(disk))], []);
  });
}

test('a folder of the same device that is mounted below the root is another disk', async (t) => {
  const [root, other] = [await tempRoot(t), await tempRoot(t)];
  await mkdir(join(root, V2, 'blobs'), { recursive: true });
  if (mountFor(t, '--bind', other, join(root, V2, 'blobs')) === undefined) return;
  await assertWorks(t, await openDriver(t, root));
});

test('what a crash has left on a disk below the root is cleared at the start', async (t) => {
  const root = await tempRoot(t);
  await mkdir(join(root, V2, 'blobs'), { recursive: true });
  if (mountFor(t, '-t', 'tmpfs', 'tmpfs', join(root, V2, 'blobs')) === undefined) return;
  const temp = join(root, V2, 'blobs/.stowage/tmp');
  const first = await openDriver(t, root);
  await first.write(at(`/${V2}/blobs/sha256/ab/abc/data`), content(1));
  t.deepEqual(await readdir(temp), []);
  await first.write(at(`/${V2}/blobs/sha256/ab/abd/data`), content(1));
  await writeFile(join(temp, `${await ownName()}~x`), 'left');
  await openDriver(t, root);
  t.deepEqual(await readdir(temp), []);
});

/** The name of a file of an ended process of this host. */
async function ownName(): Promise<string> {
  const { host, pid } = await ownIdentity();
  return [encodeURIComponent(host), pid, '1'].join('~');
}

test('a disk below the root that cannot take the bytes loses nothing, and the upload can continue', async (t) => {
  const root = await tempRoot(t);
  await mkdir(join(root, V2, 'blobs'), { recursive: true });
  if (mountFor(t, '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', join(root, V2, 'blobs')) === undefined) return;
  const driver = await openDriver(t, root);
  const upload = at(`/${V2}/repositories/app/_uploads/1/data`);
  await using writer = await driver.openWriter(upload, { append: false });
  await writer.append(bodyOf(content(3 * MIB)));
  await t.throwsAsync(writer.commit(at(`/${V2}/blobs/sha256/ab/abc/data`)), { message: /no-space/ });
  await writer[Symbol.asyncDispose]();
  assertBytes(await readAll(driver, upload), content(3 * MIB));
  t.deepEqual(await readdir(join(root, V2, 'blobs/.stowage/tmp')), []);
});

test('of two writers of an upload whose blob goes to another disk only the newer one publishes', async (t) => {
  const root = await tempRoot(t);
  await mkdir(join(root, V2, 'blobs'), { recursive: true });
  if (mountFor(t, '-t', 'tmpfs', 'tmpfs', join(root, V2, 'blobs')) === undefined) return;
  const driver = await openDriver(t, root);
  const upload = at(`/${V2}/repositories/app/_uploads/1/data`);
  const blob = at(`/${V2}/blobs/sha256/ab/abc/data`);
  const old = await driver.openWriter(upload, { append: false });
  await old.append(bodyOf(content(5)));
  await using newer = await driver.openWriter(upload, { append: true });
  await t.throwsAsync(old.commit(blob), { message: /conflict/ });
  t.is(await driver.stat(blob), undefined);
  await newer.commit(blob);
  assertBytes(await readAll(driver, blob), content(5));
});

test('folders of a lower layer of an overlay, which cannot be renamed, are still removed and taken over', async (t) => {
  const disk = await tempRoot(t);
  if (mountFor(t, '-t', 'tmpfs', 'tmpfs', disk) === undefined) return;
  const [lower, upper, work, root] = ['lower', 'upper', 'work', 'root'].map((name) => join(disk, name)) as [
    string,
    string,
    string,
    string,
  ];
  for (const folder of [lower, upper, work, root]) await mkdir(folder);
  const tag = 'app/_manifests/tags/v1';
  await mkdir(join(lower, tag, 'current'), { recursive: true });
  await writeFile(join(lower, tag, 'current/link'), content(3));
  const writer = 'app/_uploads/1/~0b5d3f5e-0000-4000-8000-000000000000~0~data';
  await mkdir(join(lower, writer), { recursive: true });
  await writeFile(join(lower, writer, 'data'), content(7));
  const layers = `lowerdir=${lower},upperdir=${upper},workdir=${work}`;
  if (mountFor(t, '-t', 'overlay', 'overlay', '-o', layers, root) === undefined) return;
  const driver = await openDriver(t, root);
  await driver.delete(at(`/${tag}`));
  t.deepEqual(await names(driver, '/app/_manifests/tags'), []);
  await using next = await driver.openWriter(at('/app/_uploads/1/data'), { append: true });
  t.is(next.size, 7);
  await next.append(bodyOf(content(2)));
  await next.commit(at('/blob'));
  t.is((await driver.stat(at('/blob')))?.size, 9);
});
