import test, { type ExecutionContext } from 'ava';
import { assertError } from '../../../helpers/http/assert-error.ts';
import { type RegistryOptions, withRegistry } from '../../../helpers/http/with-registry.ts';
import { ANN, BOB, basic } from '../../plugins/auth/htpasswd/fixture-passwords.ts';
import { folderWith, pluginSource } from '../../plugins/loading/fixture-folder.ts';

const JOBS = '/v2/_ext/admin/jobs';
const RULES = [
  { repositories: ['**'], users: ['ann'], allow: ['admin'] },
  { repositories: ['mine/**'], users: ['bob'], allow: ['admin'] },
];
const AS_ANN = { Authorization: basic('ann', ANN.password) };
const AS_BOB = { Authorization: basic('bob', BOB.password) };

async function withUsers(t: ExecutionContext, others: NonNullable<RegistryOptions['others']>) {
  const folder = await folderWith(t, { htpasswd: `${ANN.line}\n${BOB.line}\n` });
  const auth = { htpasswd: { realm: 'here', path: 'htpasswd' } };
  return withRegistry(t, { auth, folder, others });
}

function errorsIn(text: string): unknown {
  return (JSON.parse(text) as { errors: unknown }).errors;
}

/** With and without `authorization` and `admin`, and whether the admin API is served. */
const CASES: readonly (readonly [what: string, others: NonNullable<RegistryOptions['others']>, isOn: boolean])[] = [
  ['without a policy', {}, false],
  ['without a policy, where the file turns it on', { admin: { enabled: true } }, true],
  ['with a policy', { authorization: { rules: RULES } }, true],
  ['with a policy, where the file turns it off', { authorization: { rules: RULES }, admin: { enabled: false } }, false],
];

for (const [what, others, isOn] of CASES) {
  test(`the admin API is ${isOn ? 'on' : 'off'} ${what}`, async (t) => {
    const registry = await withUsers(t, others);
    const answer = await registry.ask('GET', JOBS, { headers: AS_ANN });
    if (isOn) t.is(answer.status, 200);
    else {
      const { text: unknown } = await registry.ask('GET', '/v2/_ext/other/jobs', { headers: AS_ANN });
      t.deepEqual(errorsIn(answer.text), errorsIn(unknown.replace('/other/', '/admin/')));
      assertError(t, answer, 404, 'UNSUPPORTED');
    }
    t.is((await registry.ask('OPTIONS', JOBS)).status, isOn ? 200 : 404);
    t.is((await registry.ask('GET', JOBS)).status, isOn ? 401 : 404);
  });
}

test('an open registry has no admin API unless its file says so', async (t) => {
  t.is((await (await withRegistry(t)).ask('GET', JOBS)).status, 404);
  t.is((await (await withRegistry(t, { others: { admin: { enabled: true } } })).ask('GET', JOBS)).status, 200);
});

test('administrators of a repository administrate nothing else', async (t) => {
  const registry = await withUsers(t, { authorization: { rules: RULES } });
  assertError(t, await registry.ask('GET', JOBS, { headers: AS_BOB }), 403, 'DENIED');
});

test('the jobs are listed with their intervals, and without a run where none is known', async (t) => {
  const registry = await withUsers(t, { authorization: { rules: RULES } });
  const answer = await registry.ask('GET', JOBS, { headers: AS_ANN });
  const { jobs } = JSON.parse(answer.text) as { jobs: readonly Record<string, unknown>[] };
  const { nextRunAt, ...purge } = jobs.find(({ name }) => name === 'upload-purge') ?? {};
  t.true(Math.abs(Date.parse(String(nextRunAt)) - Date.now()) < 60_000);
  t.deepEqual(purge, {
    name: 'upload-purge',
    summary: 'removes abandoned uploads',
    intervalSeconds: 86_400,
    dryRun: false,
  });
  for (const { name, intervalSeconds, nextRunAt: next } of jobs) {
    t.is(next === undefined, intervalSeconds === undefined, String(name));
  }
});

test('the token server inside gives the scope of administration to administrators of everything, and to nobody else', async (t) => {
  const folder = await folderWith(t, { htpasswd: `${ANN.line}\n${BOB.line}\n` });
  const auth = { htpasswd: { realm: 'here', path: 'htpasswd' }, token: { embedded: true } };
  const http = { secret: 'long enough for the tokens of this test' };
  const registry = await withRegistry(t, { auth, http, folder, others: { authorization: { rules: RULES } } });
  for (const [headers, status] of [
    [AS_ANN, 200],
    [AS_BOB, 401],
  ] as const) {
    const { text } = await registry.ask('GET', '/auth/token?scope=registry:admin:*', { headers });
    const { token } = JSON.parse(text) as { token: string };
    t.is((await registry.ask('GET', JOBS, { headers: { Authorization: `Bearer ${token}` } })).status, status);
  }
  const challenge = (await registry.ask('GET', JOBS)).headers['www-authenticate'] ?? '';
  t.regex(challenge, /scope="registry:admin:\*"/);
});

test('a route of an extension can require an administrator, of a repository or of everything', async (t) => {
  const extension = pluginSource(
    'route-extension',
    `() => bindPort(ROUTE_EXTENSION, { name: 'scan', routes: ['/all', '/of/<name>'].map((path) => ({
      path, methods: [{ method: 'GET', access: 'admin', handle: async () => ({ status: 200 }) }],
    })) })`,
  );
  const folder = await folderWith(t, { htpasswd: `${ANN.line}\n${BOB.line}\n`, 'scan.mjs': extension });
  const auth = { htpasswd: { realm: 'here', path: 'htpasswd' } };
  const others = { authorization: { rules: RULES }, plugins: ['./scan.mjs'] };
  const registry = await withRegistry(t, { auth, folder, others });
  for (const [path, ofAnn, ofBob] of [
    ['all', 200, 403],
    ['of/mine/app', 200, 200],
    ['of/other', 200, 403],
  ] as const) {
    t.is((await registry.ask('GET', `/v2/_ext/scan/${path}`, { headers: AS_ANN })).status, ofAnn, path);
    t.is((await registry.ask('GET', `/v2/_ext/scan/${path}`, { headers: AS_BOB })).status, ofBob, path);
  }
});
