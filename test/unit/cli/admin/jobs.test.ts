import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { makeOld } from '../../../helpers/content/old-garbage.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { expectStatus, type Registry, withRegistry } from '../../../helpers/http/with-registry.ts';
import { runInProcess } from '../../../helpers/running/run-in-process.ts';
import { ANN, BOB, basic } from '../../plugins/auth/htpasswd/fixture-passwords.ts';
import { folderWith } from '../../plugins/loading/fixture-folder.ts';

const GC_RUN = '/v2/_ext/admin/jobs/gc/run';
const MAINTENANCE = { gc: { enabled: false, grace: '1h' } };

interface World {
  readonly registry: Registry;
  /** How commands name the registry: by its host, or by a configuration of its storage. */
  readonly targets: readonly (readonly string[])[];
}

/** A registry with garbage, whose collection waits an hour before it removes any. */
async function world(t: ExecutionContext): Promise<World> {
  const folder = await tempRoot(t);
  const storage = { filesystem: {}, maintenance: MAINTENANCE };
  const registry = await withRegistry(t, { storage, folder, others: { admin: { enabled: true } } });
  await registry.pushBlob('app', 'garbage');
  await makeOld(registry.root);
  const path = join(folder, 'commands.yml');
  const own = { filesystem: { rootdirectory: registry.root }, maintenance: MAINTENANCE };
  await writeFile(path, JSON.stringify({ version: 0.1, log: { level: 'error' }, storage: own, http: { secret: 'x' } }));
  return { registry, targets: [['--registry', new URL(registry.address).host], [path]] };
}

test('the list of jobs is the same from a registry and from its storage', async (t) => {
  const { targets } = await world(t);
  const [remote, local] = await Promise.all(targets.map((target) => runInProcess(['jobs', ...target])));
  t.like(remote, { code: 0, stderr: '' });
  t.regex(remote?.stdout ?? '', /^upload-purge: removes abandoned uploads\n {2}runs: every 24h\n {2}last run: none\n/);
  t.deepEqual(remote, local);
  const [json] = await Promise.all(targets.map((target) => runInProcess(['jobs', '--json', ...target])));
  t.like((JSON.parse(json?.stdout ?? '') as { jobs: object[] }).jobs[0], {
    name: 'upload-purge',
    intervalSeconds: 86_400,
  });
});

test('a registry runs a job for a command, which prints the result', async (t) => {
  const { targets } = await world(t);
  const [target = []] = targets;
  const done = await runInProcess(['run', 'upload-purge', ...target]);
  t.like(done, { code: 0, stderr: '' });
  t.regex(done.stdout, /^upload-purge: removed 0, failed 0 \(\S+ s\)\n$/);
  const dry = await runInProcess(['run', 'gc', '--dry-run', ...target]);
  t.regex(dry.stdout, /^gc: .*removedContents 1, .*; dry run, nothing was changed \(\S+ s\)\n$/);
});

for (const [index, what] of ['through its admin API', 'through its storage'].entries()) {
  test(`a run of a registry is followed and cancelled ${what}`, async (t) => {
    const { registry, targets } = await world(t);
    const target = targets[index] ?? [];
    expectStatus(await registry.ask('POST', GC_RUN), 202);
    const watching = runInProcess(['jobs', 'watch', 'gc', ...target]);
    const cancelled = await runInProcess(['jobs', 'cancel', 'gc', ...target]);
    t.like(cancelled, { code: 0, stderr: '' });
    t.regex(cancelled.stdout, /^gc: the run that began \S+ was cancelled; it ends after its current step\n$/);
    const watched = await watching;
    t.like(watched, { code: 0, stderr: '' });
    t.regex(watched.stdout, /gc: cancelled \S+ after \S+ s/);
    const again = await runInProcess(['jobs', 'cancel', 'gc', ...target]);
    t.is(again.code, 1);
    t.regex(again.stderr, /the job is not running/);
    t.is((await runInProcess(['jobs', 'cancel', 'none', ...target])).code, 4);
  });
}

test('a command says that a registry has no admin API, and who may not use it', async (t) => {
  const host = ({ address }: Registry): string => new URL(address).host;
  const off = await runInProcess(['jobs', '--registry', host(await withRegistry(t))]);
  t.is(off.code, 1);
  t.regex(off.stderr, /serves no admin API: it must be a Stowage with authorization, or with admin\.enabled/);
  const folder = await folderWith(t, { htpasswd: `${ANN.line}\n${BOB.line}\n` });
  const registry = await withRegistry(t, {
    folder,
    auth: { htpasswd: { realm: 'here', path: 'htpasswd' } },
    others: { authorization: { rules: [{ repositories: ['**'], users: ['ann'], allow: ['admin'] }] } },
  });
  for (const [user, { password }, code] of [
    ['ann', ANN, 0],
    ['bob', BOB, 5],
  ] as const) {
    const auths = { [host(registry)]: { auth: basic(user, password).slice('Basic '.length) } };
    const authFile = join(folder, `${user}.json`);
    await writeFile(authFile, JSON.stringify({ auths }));
    t.is((await runInProcess(['jobs', '--registry', host(registry), '--authfile', authFile])).code, code);
  }
});

test('a command works on a configuration or on a registry, not on both, and connections belong to a registry', async (t) => {
  for (const [args, message] of [
    [['jobs', 'config.yml', '--registry', 'a.example'], /give a configuration or --registry, not both/],
    [['jobs', 'config.yml', '--plain-http'], /--plain-http goes with --registry/],
    [['jobs', 'cancel'], /the name of a job is missing/],
    [['jobs', '--registry', ''], /--registry names no host/],
  ] as const) {
    const { code, stderr } = await runInProcess([...args]);
    t.is(code, 2);
    t.regex(stderr, message);
  }
});
