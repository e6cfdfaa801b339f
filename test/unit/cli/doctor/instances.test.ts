import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { instances } from '../../../../cli/doctor/checks/instances.ts';
import type { StorageDriver } from '../../../../core/driver/index.ts';
import { InstanceStore } from '../../../../core/storage/instance-store.ts';
import { PathMapper } from '../../../../core/storage/paths/path-mapper.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import { keyFileIds } from '../../../../server/composition/open-signing-keys.ts';
import { temporarySecret } from '../../../../server/composition/temporary-secret.ts';
import { silentLog } from '../../../../server/jobs/silent-log.ts';
import { InstanceAnnouncement } from '../../../../server/lifecycle/instance-announcement.ts';
import { fingerprintOf } from '../../../../server/lifecycle/secret-fingerprint.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { storedFiles } from '../../../helpers/invariants/stored-files.ts';
import { examined, loadedFrom, troubles } from '../../../helpers/running/examined.ts';
import { newSecret } from '../../../helpers/secrets/known-secrets.ts';

/** A registry that listens on a port of this machine, with these secrets. */
async function announced(
  driver: StorageDriver,
  port: number,
  secrets: readonly string[],
  others: object = {},
): Promise<InstanceAnnouncement> {
  const loaded = await loadedFrom({ http: { addr: `127.0.0.1:${port}` }, ...others });
  const settings = { secrets, readOnly: false, storageReadOnly: false };
  const tokenKeys = (): Promise<readonly string[]> => keyFileIds(loaded);
  const dependencies = { driver, settings, log: silentLog, tokenKeys };
  const announcement = new InstanceAnnouncement(loaded.configuration, dependencies, 0);
  // The announcement itself keeps no process alive.
  const alive = setInterval(() => undefined, 1_000);
  await announcement.written.finally(() => clearInterval(alive));
  return announcement;
}

async function found(t: ExecutionContext, driver: StorageDriver, http: object, others: object = {}): Promise<string[]> {
  return troubles(instances, examined(t, await loadedFrom({ http, ...others }), driver));
}

test('instances with the same secrets pass, and one with another secret is named', async (t) => {
  const driver = new MemoryDriver();
  const [secret, other] = [newSecret('http'), newSecret('http')];
  await using _same = await announced(driver, 5001, [secret]);
  t.deepEqual(await found(t, driver, { secret }), []);
  await using _other = await announced(driver, 5002, [other]);
  const findings = await found(t, driver, { secret });
  t.is(findings.length, 1);
  t.true(findings[0]?.startsWith(`failure: ${hostname()}:5002 has another http.secret (seen at `), findings[0]);
});

test('a secret that is being replaced is the same as long as each accepts what the other one signs', async (t) => {
  const driver = new MemoryDriver();
  const [old, next] = [newSecret('http'), newSecret('http')];
  await using _other = await announced(driver, 5001, [old, next]);
  t.deepEqual(await found(t, driver, { secret: next, secrets: [old] }), []);
  t.is((await found(t, driver, { secret: next })).length, 1);
  t.is((await found(t, driver, { secret: old })).length, 0, 'the other one signs with the old one still');
});

test('an instance without a secret is told from one with a secret', async (t) => {
  const driver = new MemoryDriver();
  await using _other = await announced(driver, 5001, [temporarySecret()]);
  t.regex((await found(t, driver, { secret: newSecret('http') })).join(), /:5001 has no http\.secret/);
});

test('instances whose token servers sign with other key files are named, and a key that is being replaced passes', async (t) => {
  const folder = await tempRoot(t);
  const fileOf = async (name: string): Promise<string> => {
    const path = join(folder, name);
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    await writeFile(path, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
    return path;
  };
  const [old, next] = [await fileOf('old.pem'), await fileOf('next.pem')];
  const htpasswd = join(folder, 'users');
  await writeFile(htpasswd, '');
  const withKeys = (...key: readonly string[]) => ({
    auth: { htpasswd: { realm: 'r', path: htpasswd }, token: { embedded: key.length > 0 ? { key } : true } },
  });
  const driver = new MemoryDriver();
  const secret = newSecret('http');
  const here = (...keys: readonly string[]): Promise<string[]> => found(t, driver, { secret }, withKeys(...keys));
  await using _other = await announced(driver, 5001, [secret], withKeys(old, next));
  t.deepEqual(await here(old, next), []);
  t.deepEqual(await here(next, old), []);
  t.regex((await here(next)).join(), /^failure: \S+:5001 has another key for the tokens that it issues \(seen at /);
  t.regex((await here()).join(), /:5001 has a key file for the tokens/);
  await using _derived = await announced(driver, 5001, [secret], withKeys());
  t.deepEqual(await here(), []);
  t.regex((await here(old)).join(), /:5001 has no key file for the tokens/);
  const records = [...(await storedFiles(driver)).values()].join();
  t.false(records.includes('PRIVATE'));
});

test('a record of a version that says nothing about keys is not compared', async (t) => {
  const driver = new MemoryDriver();
  const secret = newSecret('http');
  const record = { name: 'before', writtenAt: new Date().toISOString(), secrets: [await fingerprintOf(secret)] };
  await new InstanceStore(driver).put('before', record);
  t.deepEqual(await found(t, driver, { secret }), []);
});

test('a registry that has stopped is forgotten, and records of two days ago do not count and are removed', async (t) => {
  const driver = new MemoryDriver();
  const stopped = await announced(driver, 5001, [newSecret('http')]);
  await stopped[Symbol.asyncDispose]();
  const store = new InstanceStore(driver);
  const writtenAt = new Date(Date.now() - 2 * 86_400_000 - 1).toISOString();
  await store.put('old', { name: 'old', writtenAt, secrets: ['another'] });
  await t.throwsAsync(found(t, driver, { secret: newSecret('http') }), { message: /^no other instance/ });
  t.deepEqual([...(await store.all()).keys()], [`doctor-${hostname()}`]);
});

for (const [way, readOnly] of [
  ['by its storage', { storage: { inmemory: {}, maintenance: { readonly: { enabled: true } } } }],
  ['by a wrapper', { middleware: { storage: [{ name: 'readonly' }] } }],
] as const) {
  test(`a configuration that is read-only ${way} leaves no record, and removes none`, async (t) => {
    const driver = new MemoryDriver();
    const store = new InstanceStore(driver);
    const writtenAt = new Date(Date.now() - 3 * 86_400_000).toISOString();
    await store.put('old', { name: 'old', writtenAt, secrets: ['another'] });
    await t.throwsAsync(found(t, driver, { secret: newSecret('http') }, readOnly), { message: /^no other instance/ });
    t.deepEqual([...(await store.all()).keys()], ['old']);
  });
}

test('neither a secret nor a hash that could confirm a guess of a short one is in the storage', async (t) => {
  const driver = new MemoryDriver();
  const long = newSecret('http');
  await using _long = await announced(driver, 5001, [long, 'short one']);
  const text = Buffer.concat([...(await storedFiles(driver)).values()]).toString();
  t.false(text.includes(long) || text.includes('short one'));
  t.regex(text, /"secrets":\["[0-9a-f]{32}","short-[0-9a-f]{4}"\]/);
  t.not(await fingerprintOf('short one'), await fingerprintOf('short two'));
});

test('a file that is no record, and a registry that may not write, harm nobody', async (t) => {
  const driver = new MemoryDriver();
  const store = new InstanceStore(driver);
  await driver.write(new PathMapper().doctor.instance('torn'), Buffer.from('{"name":'));
  await store.put('../../odd name', { name: 'odd', writtenAt: new Date().toISOString(), secrets: [] });
  t.deepEqual([...(await store.all()).keys()], ['__.._odd_name']);
  const { configuration } = await loadedFrom({});
  const settings = { secrets: [newSecret('http')], readOnly: false, storageReadOnly: true };
  const dependencies = { driver, settings, log: silentLog, tokenKeys: async () => [] };
  await using announcement = new InstanceAnnouncement(configuration, dependencies, 0);
  await announcement.written;
  t.is((await store.all()).size, 1);
});
