import { cp, mkdir, readdir, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { DriverError, guardDriver, type StorageDriver } from '../../../../core/driver/index.ts';
import { FilesystemDriver } from '../../../../drivers/filesystem/filesystem-driver.ts';
import { assertBytes, at, bodyOf, content, names, readAll } from '../../../../testing/driver-case.ts';
import { mountFor } from '../../../helpers/drivers/small-disk.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';

const KEPT = '/docker/registry/v2/repositories/app/_manifests/tags/v1/current/link';

async function openDriver(t: ExecutionContext, rootFolder: string): Promise<StorageDriver> {
  const driver = guardDriver(await FilesystemDriver.open({ rootFolder, maxCalls: 25, warn: (text) => t.log(text) }));
  t.teardown(() => driver[Symbol.asyncDispose]());
  return driver;
}

/** Every call that would report missing content or a completed change. */
async function assertAway(t: ExecutionContext, driver: StorageDriver): Promise<void> {
  const missing = at('/docker/registry/v2/repositories/new/_layers/link');
  const calls: Record<string, () => Promise<unknown>> = {
    'stat of what was there': () => driver.stat(at(KEPT)),
    'stat of what was not': () => driver.stat(missing),
    read: () => driver.read(at(KEPT)),
    'list of the root': () => names(driver, '/'),
    'list of a folder': () => names(driver, '/docker/registry/v2/repositories'),
    write: () => driver.write(missing, content(1)),
    'write over what was there': () => driver.write(at(KEPT), content(1)),
    'a writer that begins': () => driver.openWriter(missing, { append: false }),
    'a writer that goes on': () => driver.openWriter(missing, { append: true }),
    move: () => driver.move(at(KEPT), missing),
    delete: () => driver.delete(at(KEPT)),
    check: async () => driver.check?.([at('/docker/registry/v2/repositories')], { writes: true }),
  };
  for (const [call, run] of Object.entries(calls)) {
    const error = await t.throwsAsync(run(), { instanceOf: DriverError }, call);
    t.is(error.code, 'unavailable', `${call}: ${error.message}`);
  }
}

type Vanish = (t: ExecutionContext, root: string, detach: () => void) => Promise<unknown>;

/** The ways to lose a root; afterwards the folder in its place must contain nothing of the driver. */
const WAYS: Record<string, Vanish> = {
  'is unmounted': async (_t, _root, detach) => detach(),
  'is unmounted from over another registry': async (_t, _root, detach) => detach(),
  'is removed': async (_t, root) => rm(root, { recursive: true }),
  'is removed and made anew': async (_t, root) => {
    await rm(root, { recursive: true });
    await mkdir(root);
  },
  'is emptied': async (_t, root) => {
    for (const name of await readdir(root)) await rm(join(root, name), { recursive: true });
  },
  'is replaced by another registry': async (t, root) => {
    await rename(root, `${root}-old`);
    t.teardown(() => rm(`${root}-old`, { recursive: true }));
    await mkdir(root);
    const other = await openDriver(t, root);
    await other.write(at('/docker/registry/v2/repositories/other/link'), content(1));
  },
};

for (const [way, vanish] of Object.entries(WAYS)) {
  test(`a root that ${way} is unavailable at once, and nothing is stored in its place`, async (t) => {
    const root = join(await tempRoot(t), 'root');
    await mkdir(root);
    if (way.endsWith('another registry')) {
      await (await openDriver(t, root)).write(at('/docker/registry/v2/repositories/old/link'), content(1));
    }
    const isMounted = way.includes('unmounted');
    const mounted = isMounted ? mountFor(t, '-t', 'tmpfs', 'tmpfs', root) : undefined;
    if (isMounted && mounted === undefined) return;
    const driver = await openDriver(t, root);
    await driver.write(at(KEPT), content(5));
    const writer = await driver.openWriter(at('/docker/registry/v2/repositories/app/data'), { append: false });
    await writer.append(bodyOf(content(3)));
    await vanish(t, root, () => mounted?.detach());
    const before = await readdir(root, { recursive: true }).catch(() => undefined);
    await assertAway(t, driver);
    await t.throwsAsync(writer.commit(at('/docker/registry/v2/blobs/x')), { message: /unavailable/ });
    const after = await readdir(root, { recursive: true }).catch(() => undefined);
    // A write that was not acknowledged may have changed the content of another registry there.
    if (!way.endsWith('another registry')) t.deepEqual(after, before);
  });
}

for (const place of ['docker', 'docker/registry/v2', 'docker/registry/v2/repositories']) {
  test(`a disk below the root, at ${place}, that is unmounted is unavailable at once`, async (t) => {
    const root = await tempRoot(t);
    await mkdir(join(root, place), { recursive: true });
    const mounted = mountFor(t, '-t', 'tmpfs', 'tmpfs', join(root, place));
    if (mounted === undefined) return;
    const driver = await openDriver(t, root);
    await driver.write(at(KEPT), content(5));
    mounted.detach();
    await t.throwsAsync(driver.stat(at(KEPT)), { message: /unavailable/ });
    await t.throwsAsync(names(driver, '/docker/registry/v2/repositories'), { message: /unavailable/ });
    await t.throwsAsync(driver.write(at(KEPT), content(5)), { message: /unavailable/ });
    t.deepEqual(await readdir(join(root, place)), []);
  });
}

test('while the disk of one repository is away, the others are not listed as if they were all', async (t) => {
  const [root, disk] = [await tempRoot(t), await tempRoot(t)];
  const mounted = mountFor(t, '-t', 'tmpfs', 'tmpfs', disk);
  if (mounted === undefined) return;
  const repositories = join(root, 'docker/registry/v2/repositories');
  await mkdir(repositories, { recursive: true });
  await mkdir(join(disk, 'team'));
  await symlink(join(disk, 'team'), join(repositories, 'team'));
  const driver = await openDriver(t, root);
  await driver.write(at(KEPT), content(5));
  await driver.write(at('/docker/registry/v2/repositories/team/app/link'), content(5));
  t.deepEqual(await names(driver, '/docker/registry/v2/repositories'), ['app', 'team']);
  mounted.detach();
  await t.throwsAsync(names(driver, '/docker/registry/v2/repositories'), { message: /unavailable/ });
  assertBytes(await readAll(driver, KEPT), content(5));
});

test('a root that is mounted again is served again', async (t) => {
  const [root, disk] = [await tempRoot(t), await tempRoot(t)];
  const mounted = mountFor(t, '--bind', disk, root);
  if (mounted === undefined) return;
  const driver = await openDriver(t, root);
  await driver.write(at(KEPT), content(5));
  mounted.detach();
  await t.throwsAsync(driver.stat(at(KEPT)), { message: /unavailable/ });
  mountFor(t, '--bind', disk, root);
  assertBytes(await readAll(driver, KEPT), content(5));
  await driver.write(at(KEPT), content(6));
});

test('a copy of the root in its place counts as the same root, although every inode differs', async (t) => {
  const root = join(await tempRoot(t), 'root');
  const driver = await openDriver(t, root);
  await driver.write(at(KEPT), content(5));
  await cp(root, `${root}-copy`, { recursive: true });
  await rename(root, `${root}-old`);
  await rename(`${root}-copy`, root);
  t.is(await driver.stat(at('/docker/none')), undefined);
  await driver.write(at(KEPT), content(6));
});

test('removing only the hidden folder of a root with content does no harm', async (t) => {
  const root = await tempRoot(t);
  const driver = await openDriver(t, root);
  await driver.write(at(KEPT), content(5));
  await rm(join(root, '.stowage'), { recursive: true });
  t.is(await driver.stat(at('/docker/none')), undefined);
  await driver.write(at(KEPT), content(6));
  await rm(join(root, '.stowage'), { recursive: true });
  await driver.delete(at('/docker'));
  t.deepEqual(await names(driver, '/'), []);
});
