import test from 'ava';
import type { StorageDriver } from '../../../../core/driver/index.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import readonly from '../../../../plugins/wrappers/readonly.ts';
import { assertBytes, assertFails, at, content, names, readAll } from '../../../../testing/driver-case.ts';
import { CountingDriver } from '../../../helpers/drivers/counting-driver.ts';
import { BACKENDS, newBackend, problemsOf, wrap } from './wrap.ts';

const CHANGES: Readonly<Record<string, (driver: StorageDriver) => Promise<unknown>>> = {
  write: (driver) => driver.write(at('/folder/file'), content(3)),
  'a write of a new path': (driver) => driver.write(at('/folder/new'), content(3)),
  openWriter: (driver) => driver.openWriter(at('/folder/file'), { append: false }),
  'going on with a write': (driver) => driver.openWriter(at('/folder/file'), { append: true }),
  move: (driver) => driver.move(at('/folder/file'), at('/moved')),
  'a move of what is missing': (driver) => driver.move(at('/missing'), at('/moved')),
  delete: (driver) => driver.delete(at('/folder/file')),
  'a delete of a folder': (driver) => driver.delete(at('/folder')),
  'a delete of what is missing': (driver) => driver.delete(at('/missing')),
};

for (const [name, change] of Object.entries(CHANGES)) {
  test(`${name} is refused with not-supported, and does not reach the inner driver`, async (t) => {
    const inner = new CountingDriver(new MemoryDriver());
    await inner.write(at('/folder/file'), content(9));
    inner.reset();
    const driver = await wrap(inner, { definition: readonly });
    const error = await t.throwsAsync(change(driver), { code: 'not-supported' });
    t.regex(error.message, /the storage is read-only: .*middleware "readonly"/);
    t.is(inner.count(), 0);
    assertBytes(await readAll(driver, '/folder/file'), content(9));
  });
}

// The suite for drivers writes what it reads, so the reading half of the contract is tried on prepared content here.
for (const backend of BACKENDS) {
  test(`content of ${backend} is read, in part and in whole, listed and described`, async (t) => {
    const { driver: inner, remove } = await newBackend(backend);
    t.teardown(remove);
    const bytes = content(300_000);
    await inner.write(at('/folder/large'), bytes);
    await inner.write(at('/folder/small'), content(10, 2));
    const driver = await wrap(inner, { definition: readonly });
    assertBytes(await readAll(driver, '/folder/large'), bytes);
    assertBytes(await readAll(driver, '/folder/large', 100, 200_000), bytes.subarray(100, 200_000));
    t.is((await readAll(driver, '/folder/small', 10)).byteLength, 0);
    t.deepEqual(await names(driver, '/folder', 'large'), ['small']);
    t.like(await driver.stat(at('/folder/large')), { size: 300_000, isFolder: false });
    t.is(await driver.stat(at('/missing')), undefined);
    await assertFails(driver.read(at('/missing')), 'not-found', { driver, path: '/missing' });
    await assertFails(driver.read(at('/folder/small'), { start: -1 }), 'invalid-offset', {
      driver,
      path: '/folder/small',
    });
    t.deepEqual(driver.capabilities, inner.capabilities);
    await driver[Symbol.asyncDispose]();
  });
}

test('there are no options', async (t) => {
  t.regex((await problemsOf({ definition: readonly, options: { enabled: true } })).join(), /enabled/);
});
