import test from 'ava';
import { ask, type Target } from '../../../helpers/http/http-request.ts';
import { locationOf } from '../../../helpers/http/with-registry.ts';
import { withWorkers } from '../../../helpers/http/with-workers.ts';
import { atLength } from '../../../helpers/running/length.ts';
import { folderWith, pluginSource } from '../../plugins/loading/fixture-folder.ts';

/** Begins an upload and returns where it continues. */
async function begin(target: Target): Promise<string> {
  return locationOf(await ask(target, 'POST', '/v2/app/blobs/uploads/'));
}

for (const workers of atLength({ full: [1, 2], short: [2] })) {
  const who = workers === 1 ? 'a registry' : 'two workers';

  test(`SIGHUP turns read-only mode and debug lines of ${who} on and off again`, async (t) => {
    const running = await withWorkers(t, { workers });
    await running.configure({ storage: { maintenance: { readonly: { enabled: true } } }, log: { level: 'debug' } });
    running.signal('SIGHUP');
    await running.logged(/"key":"log\.level","from":"info","to":"debug"/);
    await running.logged(/"key":"storage\.maintenance\.readonly\.enabled","from":false,"to":true/);
    // Connections go to the workers in turn.
    for (let count = 0; count < 6; count += 1) {
      const refused = await ask(running, 'POST', '/v2/app/blobs/uploads/');
      t.is(refused.status, 405);
      t.regex(refused.text, /read-only/);
    }
    await running.configure({});
    running.signal('SIGHUP');
    await running.logged(/"key":"storage\.maintenance\.readonly\.enabled","from":true,"to":false/);
    for (let count = 0; count < 6; count += 1) t.is((await ask(running, 'POST', '/v2/app/blobs/uploads/')).status, 202);
  });

  test(`${who} use another secret during an upload, whose tokens stay valid as long as http.secrets lists the old one`, async (t) => {
    const running = await withWorkers(t, { workers, secret: 'S3cret-one' });
    const location = await begin(running);
    await running.configure({ http: { secret: 'S3cret-two', secrets: ['S3cret-one'] } });
    running.signal('SIGHUP');
    await running.logged(/"key":"http\.secret"/);
    const next = await ask(running, 'PATCH', location, { body: 'abc' });
    t.is(next.status, 202);
    await running.configure({ http: { secret: 'S3cret-three' } });
    running.signal('SIGHUP');
    await running.logged(/("key":"http\.secret"[^]*){2}/);
    for (let count = 0; count < 4; count += 1) {
      const refused = await ask(running, 'PATCH', location, { body: 'def' });
      t.is(refused.status, 400);
      t.regex(refused.text, /http\.secret/);
    }
    t.is((await ask(running, 'PATCH', locationOf(next), { body: 'def' })).status, 400);
    running.signal('SIGTERM');
    t.notRegex((await running.finished).stderr, /S3cret/);
  });
}

test('a worker that starts later has the reloaded values, but not those that wait for a restart', async (t) => {
  const running = await withWorkers(t);
  const readonly = { maintenance: { readonly: { enabled: true } } };
  await running.configure({ storage: { ...readonly, delete: { enabled: false } }, http: { maxmanifestsize: '1MiB' } });
  running.signal('SIGHUP');
  await running.logged(/takes effect after a restart: (?=.*storage\.delete\.enabled)(?=.*http\.maxmanifestsize)/);
  // One after the other: with both, the address that the system has chosen would go.
  for (const [index, pid] of (await running.workers()).entries()) {
    process.kill(pid, 'SIGKILL');
    await running.logged(new RegExp(`("msg":"listening"[^]*){${index + 3}}`));
  }
  for (let count = 0; count < 4; count += 1) {
    t.is((await ask(running, 'POST', '/v2/app/blobs/uploads/')).status, 405);
  }
  await running.configure({});
  running.signal('SIGHUP');
  await running.logged(/"from":true,"to":false/);
  // Deleting is allowed, as it was at the start.
  for (let count = 0; count < 4; count += 1) {
    t.is((await ask(running, 'DELETE', `/v2/app/manifests/none`)).status, 404);
  }
});

test('without a configured secret, all workers use one that a reload brings', async (t) => {
  const running = await withWorkers(t);
  await running.configure({ http: { secret: 'of the file' } });
  running.signal('SIGHUP');
  await running.logged(/"key":"http\.secret"/);
  const begun = await Promise.all([begin(running), begin(running), begin(running), begin(running)]);
  for (const location of begun) t.is((await ask(running, 'PATCH', location, { body: 'abc' })).status, 202);
  await running.configure({});
  running.signal('SIGHUP');
  await running.logged(/takes effect after a restart: http\.secret"/);
  for (const location of begun) t.is((await ask(running, 'GET', location)).status, 204);
});

const STUBBORN = pluginSource(
  'token-provider',
  `() => bindPort(TOKEN_PROVIDER, {
    issue: async () => 'token',
    read: async () => { throw new RegistryError('BLOB_UPLOAD_INVALID'); },
    rotate: async ([first]) => {
      if (cluster.worker.id === 2 && first === 'refused') throw new Error('the vault is sealed');
    },
  })`,
);

test('a reload that one worker cannot apply is taken back in all, and all survive', async (t) => {
  const folder = await folderWith(t, { 'tokens.mjs': `import cluster from 'node:cluster';\n${STUBBORN}` });
  const others = { plugins: ['./tokens.mjs'] };
  const running = await withWorkers(t, { secret: 'first' }, { folder, others });
  const before = await running.workers();
  const readonly = { maintenance: { readonly: { enabled: true } } };
  await running.configure({ http: { secret: 'refused' }, storage: readonly });
  running.signal('SIGHUP');
  await running.logged(/the previous one stays in effect/);
  // The same configuration as at the start: this reload comes after all others, and changes nothing in any worker.
  await running.configure({});
  running.signal('SIGHUP');
  await running.logged(/nothing has changed/);
  for (let count = 0; count < 6; count += 1) {
    t.is((await ask(running, 'POST', '/v2/app/blobs/uploads/')).status, 202);
  }
  t.deepEqual(await running.workers(), before);
});

test('SIGHUP to a worker does nothing', async (t) => {
  const running = await withWorkers(t);
  const before = await running.workers();
  for (const pid of before) process.kill(pid, 'SIGHUP');
  for (let count = 0; count < 4; count += 1) t.is((await ask(running, 'GET', '/v2/')).status, 200);
  t.deepEqual(await running.workers(), before);
});
