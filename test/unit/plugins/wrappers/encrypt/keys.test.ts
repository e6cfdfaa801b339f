import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { DriverError } from '../../../../../core/driver/index.ts';
import { MemoryDriver } from '../../../../../drivers/memory/memory-driver.ts';
import encrypt from '../../../../../plugins/wrappers/encrypt/index.ts';
import { assertBytes, at, bodyOf, content, readAll, writeStream } from '../../../../../testing/driver-case.ts';
import { pluginContext } from '../../../../helpers/drivers/driver-options.ts';
import { stubDriver } from '../../../../helpers/drivers/stub-driver.ts';
import { tempRoot } from '../../../../helpers/drivers/temp-root.ts';
import { bindingsOf, problemsOf, wrap } from '../wrap.ts';
import { encryptedStore, pathsIn, storedBytes } from './encrypted-store.ts';

const keyBytes = (name: string): Buffer => Buffer.alloc(32, name);
const key = (name: string, value = keyBytes(name).toString('base64')) => ({ id: name, value });

test('new files have the first key, and older ones stay readable while theirs is configured', async (t) => {
  const first = await encryptedStore(new MemoryDriver(), [key('2025')]);
  await first.driver.write(at('/old'), content(10));
  const second = await encryptedStore(first.inner, [key('2026'), key('2025')]);
  await writeStream(second.driver, '/new', content(20));
  for (const { driver } of [second, await encryptedStore(first.inner, [key('2026'), key('2025')])]) {
    assertBytes(await readAll(driver, '/old'), content(10));
    assertBytes(await readAll(driver, '/new'), content(20));
  }
  const number = async (path: string) => (await storedBytes(first, path)).toString('hex', 8, 16);
  t.not(await number('/old'), await number('/new'));
  // A process that does not know the new key yet.
  const error = await t.throwsAsync(readAll(first.driver, '/new'));
  t.true(DriverError.is(error, 'denied'));
  t.regex(error.message, new RegExp(`the key ${await number('/new')}, which is not configured .*"2025"`));
});

test('an upload that began with the old key ends with it', async (t) => {
  const first = await encryptedStore(new MemoryDriver(), [key('2025')]);
  const writer = await first.driver.openWriter(at('/a'), { append: false });
  await writer.append(bodyOf(content(10)));
  await writer[Symbol.asyncDispose]();
  const { driver } = await encryptedStore(first.inner, [key('2026'), key('2025')]);
  const next = await driver.openWriter(at('/a'), { append: true });
  t.is(next.size, 10);
  await next.commit();
  assertBytes(await readAll(driver, '/a'), content(10));
});

for (const [what, keys] of [
  ['a wrong key', [key('other')]],
  ['the new key only', [key('2026')]],
] as const) {
  test(`a start with ${what} is refused, names the missing key and changes nothing`, async (t) => {
    const { inner } = await encryptedStore(new MemoryDriver(), [key('2025')]);
    const before = await pathsIn(inner);
    const error = await t.throwsAsync(encryptedStore(inner, keys));
    const number = before[0]?.slice(-16);
    t.regex(
      error.message,
      new RegExp(`^encrypt: the storage was written with the key ${number}, which is not configured`),
    );
    t.regex(error.message, /Add it to the end of keys/);
    t.deepEqual(await pathsIn(inner), before);
  });
}

test('a start without the old key is refused even when the new one is in use already', async (t) => {
  const { inner } = await encryptedStore(new MemoryDriver(), [key('2025')]);
  await encryptedStore(inner, [key('2026'), key('2025')]);
  await t.throwsAsync(encryptedStore(inner, [key('2026')]), { message: /which is not configured/ });
  await t.notThrowsAsync(encryptedStore(inner, [key('2025'), key('2026')]));
});

test('a storage with content that is not encrypted is refused, and stays as it is', async (t) => {
  const inner = new MemoryDriver();
  await inner.write(at('/docker/registry/file'), content(10));
  const error = await t.throwsAsync(encryptedStore(inner));
  t.regex(error.message, /written without encryption \(docker\).*stowage copy-storage/);
  t.deepEqual(await pathsIn(inner), [at('/docker/registry/file')]);
});

test('a storage whose record of its key was removed or changed is refused', async (t) => {
  const { inner, driver } = await encryptedStore();
  await driver.write(at('/a'), content(1));
  const [record = ''] = (await pathsIn(inner)).filter((path) => path.includes('/keys/'));
  const bytes = await storedBytes({ inner, driver }, record);
  bytes[50] = (bytes[50] ?? 0) ^ 1;
  await inner.write(at(record), bytes);
  await t.throwsAsync(encryptedStore(inner), { message: /damaged/ });
  await inner.delete(at(record));
  await t.throwsAsync(encryptedStore(inner), { message: /written without encryption/ });
});

test('several processes may start on a new storage at the same time', async (t) => {
  const inner = new MemoryDriver();
  const stores = await Promise.all(Array.from({ length: 5 }, () => encryptedStore(inner)));
  await stores[0]?.driver.write(at('/a'), content(5));
  for (const { driver } of stores) assertBytes(await readAll(driver, '/a'), content(5));
  t.is((await pathsIn(inner)).filter((path) => path.includes('/keys/')).length, 1);
});

test('clients are never sent to the encrypted bytes', async (t) => {
  const { capabilities } = stubDriver();
  const inner = stubDriver({
    capabilities: { ...capabilities, redirect: true },
    redirectUrl: async () => new URL('https://bucket.example.com/a'),
    async *list() {},
  });
  const wrapped = await wrap(inner, { definition: encrypt, options: { keys: [key('a')] } });
  t.false(wrapped.capabilities.redirect);
  t.is(await wrapped.redirectUrl?.(at('/a'), { method: 'GET', expiresInMs: 1 }), undefined);
});

const FORMS: Readonly<Record<string, (bytes: Buffer) => string | Buffer>> = {
  'raw bytes': (bytes) => bytes,
  base64: (bytes) => `${bytes.toString('base64')}\n`,
  'base64 for URLs': (bytes) => bytes.toString('base64url'),
  'hexadecimal digits': (bytes) => `${bytes.toString('hex').toUpperCase()}\n`,
};

for (const [form, encode] of Object.entries(FORMS)) {
  test(`a key is read as ${form} from a file, and from the output of a command`, async (t) => {
    const baseFolder = await tempRoot(t);
    const bytes = randomBytes(32);
    await writeFile(join(baseFolder, 'key'), encode(bytes));
    const inner = new MemoryDriver();
    const context = { ...pluginContext(), baseFolder };
    for (const source of [{ file: 'key' }, { command: ['cat', 'key'] }, { value: bytes.toString('hex') }]) {
      const options = { keys: [{ id: 'a', ...source }] };
      await t.notThrowsAsync(wrap(inner, { definition: encrypt, options, context }));
    }
    t.is((await pathsIn(inner)).length, 1);
  });
}

test('each key that cannot be read is named, with the reason, and without a secret', async (t) => {
  const baseFolder = await tempRoot(t);
  await writeFile(join(baseFolder, 'short'), 'a secret that is too short');
  const options = {
    keys: [
      { id: 'a', file: 'missing' },
      { id: 'b', file: 'short' },
      { id: 'c', command: ['sh', '-c', 'echo no access >&2; exit 3'] },
      { id: 'd', command: ['no-such-program'] },
      key('e'),
      { id: 'f', value: keyBytes('e').toString('hex') },
    ],
  };
  const error = await t.throwsAsync(
    bindingsOf({ definition: encrypt, options, context: { ...pluginContext(), baseFolder } }),
  );
  for (const part of [
    /keys\.0\.file: ENOENT/,
    /keys\.1\.file: must give 32 bytes, .*openssl rand -base64 32/,
    /keys\.2\.command: .*no access/,
    /keys\.3\.command: .*ENOENT/,
    /keys\.5\.value: is the same key as one before it/,
  ]) {
    t.regex(error.message, part);
  }
  t.notRegex(error.message, /too short|keys\.4/);
});

for (const [options, problem] of [
  [{}, /^keys: /],
  [{ keys: [] }, /^keys: must have at least one key/],
  [{ keys: [{ id: 'a' }] }, /^keys\.0: must have exactly one of file, value and command/],
  [{ keys: [{ id: 'a', file: 'a', value: 'b' }] }, /^keys\.0: must have exactly one/],
  [{ keys: [{ file: 'a' }] }, /^keys\.0\.id: must be a name for the key/],
  [{ keys: [{ id: 'a', command: [] }] }, /^keys\.0\.command: must be a program/],
  [{ keys: [key('a'), { id: 'a', file: 'b' }] }, /^keys: must have different ids/],
  [{ keys: [key('a')], readplain: true }, /readplain/],
] as const) {
  test(`the options ${JSON.stringify(options)} are refused by name`, async (t) => {
    t.regex((await problemsOf({ definition: encrypt, options })).join(), problem);
  });
}
