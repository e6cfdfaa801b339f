import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { DOCTOR_CHECKS } from '../../../../cli/doctor/checks/index.ts';
import type { CheckResult } from '../../../../cli/doctor/run-checks.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { withRegistry } from '../../../helpers/http/with-registry.ts';
import type { Finished } from '../../../helpers/processes/run-process.ts';
import { runInProcess } from '../../../helpers/running/run-in-process.ts';
import { newSecret } from '../../../helpers/secrets/known-secrets.ts';

interface Installation {
  readonly root: string;
  readonly path: string;
  readonly doctor: (...args: string[]) => Promise<Finished>;
}

async function installation(t: ExecutionContext, sections: object = {}): Promise<Installation> {
  const folder = await tempRoot(t);
  const [root, path] = [join(folder, 'root'), join(folder, 'config.yml')];
  await mkdir(root);
  const http = { addr: '127.0.0.1:0', secret: newSecret('http') };
  const storage = { filesystem: { rootdirectory: root } };
  await writeFile(path, JSON.stringify({ version: 0.1, storage, http, ...sections }), { mode: 0o600 });
  return { root, path, doctor: (...args) => runInProcess(['doctor', ...args, path]) };
}

function checksIn({ stdout }: Finished): readonly CheckResult[] {
  return (JSON.parse(stdout) as { readonly checks: readonly CheckResult[] }).checks;
}

test('a healthy installation passes every check, and no trial is left in its storage', async (t) => {
  const { root, doctor } = await installation(t);
  const finished = await doctor('--json');
  t.is(finished.stderr, '');
  const checks = checksIn(finished);
  t.deepEqual(
    checks.map(({ name }) => name),
    DOCTOR_CHECKS.map(({ name }) => name),
  );
  t.deepEqual(
    checks.filter(({ severity }) => severity === 'failure'),
    [],
  );
  t.is(finished.code, 0);
  const left = await readdir(join(root, 'docker'), { recursive: true, withFileTypes: true });
  t.deepEqual(
    left.filter((entry) => entry.isFile()).map(({ name }) => name),
    [`doctor-${hostname()}`],
    'only the fingerprints of its secrets, for other machines',
  );
});

test('for people there is a line for each finding, with what to do below it, and a summary', async (t) => {
  const { doctor } = await installation(t, { http: { addr: '127.0.0.1:0', secret: 'changeme' } });
  const { code, stdout } = await doctor('--only', 'configuration,http-secret');
  t.is(code, 1);
  t.regex(
    stdout,
    /^ok {7}configuration {2}\S+ is valid\nfailure {2}http-secret {4}http.secret is one .*\n {24}-> generate .*\n\n2 checks: 1 failure, 0 warnings, 0 skipped\n$/,
  );
});

test('all problems of an invalid configuration are named, and what needs it is skipped', async (t) => {
  const { doctor } = await installation(t, { http: { adr: 1 }, logg: {} });
  const finished = await doctor('--json');
  t.is(finished.code, 2);
  const [configuration, ...others] = checksIn(finished);
  t.is(configuration?.severity, 'failure');
  t.is(configuration?.findings.length, 2);
  for (const { name, findings } of others.filter((check) => !check.name.startsWith('public-'))) {
    t.deepEqual(findings, [{ severity: 'skipped', finding: 'the configuration is invalid' }], name);
  }
});

test('a registry that serves is not disturbed, and its content stays', async (t) => {
  const registry = await withRegistry(t, { storage: { filesystem: {} } });
  const digest = await registry.pushBlob('app', 'the bytes of a layer');
  const storage = { filesystem: { rootdirectory: registry.root } };
  const { doctor } = await installation(t, { storage });
  const [finished, ...answers] = await Promise.all([
    doctor('--skip', 'storage-speed'),
    ...Array.from({ length: 20 }, (_, index) => registry.pushBlob('app', `layer ${index}`)),
  ]);
  t.is(finished.code, 0, finished.stdout);
  for (const pushed of [digest, ...answers]) t.is((await registry.ask('HEAD', `/v2/app/blobs/${pushed}`)).status, 200);
});

test('checks are chosen by name, and a name that does not exist is a mistake', async (t) => {
  const { doctor } = await installation(t);
  t.deepEqual(
    checksIn(await doctor('--json', '--only', 'storage-clock,http-secret', '--skip', 'http-secret')).map(
      ({ name }) => name,
    ),
    ['storage-clock'],
  );
  t.like(await doctor('--only', 'storage-sped'), { code: 2, stdout: '' });
  t.regex((await doctor('--skip', 'storage-sped')).stderr, /no check "storage-sped", did you mean "storage-speed"\?/);
});

test('a storage that does not exist yet is not created', async (t) => {
  const folder = await tempRoot(t);
  const root = join(folder, 'later');
  const { doctor } = await installation(t, { storage: { filesystem: { rootdirectory: root } } });
  const checks = checksIn(await doctor('--json'));
  t.deepEqual(checks.find(({ name }) => name === 'storage')?.findings, [
    { severity: 'skipped', finding: 'the storage does not exist yet; the start creates it' },
  ]);
  t.deepEqual(await readdir(folder), []);
});

test('a storage in memory, and one that is read-only, are not tried out', async (t) => {
  const reasonFor = async (storage: object, others: object = {}): Promise<string | undefined> => {
    const { doctor } = await installation(t, { storage, ...others });
    return checksIn(await doctor('--json', '--only', 'storage'))[0]?.findings[0]?.finding;
  };
  t.is(await reasonFor({ inmemory: {} }), 'the storage is in the memory of the registry');
  const filesystem = { rootdirectory: await tempRoot(t) };
  const maintenance = { readonly: { enabled: true } };
  t.is(await reasonFor({ filesystem, maintenance }), 'the configuration makes the storage read-only');
  const middleware = { storage: [{ name: 'readonly' }] };
  t.is(await reasonFor({ filesystem }, { middleware }), 'the configuration makes the storage read-only');
});

const asUser = process.getuid?.() === 0 ? test.skip : test;

asUser('a storage that this user may not write is a failure', async (t) => {
  const { root, doctor } = await installation(t);
  await chmod(root, 0o500);
  const checks = checksIn(await doctor('--json', '--only', 'storage'));
  t.regex(checks[0]?.findings[0]?.finding ?? '', /cannot be written by this process \(EACCES\)/);
});
