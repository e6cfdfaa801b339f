import test, { type ExecutionContext } from 'ava';
import type { Answer } from '../../../helpers/http/http-request.ts';
import { ask } from '../../../helpers/http/http-request.ts';
import {
  digestOf,
  imageManifest,
  locationOf,
  OCI_MANIFEST,
  type Registry,
  withQuery,
  withRegistry,
} from '../../../helpers/http/with-registry.ts';
import { withWorkers } from '../../../helpers/http/with-workers.ts';
import { ANN, BOB, basic, CYD } from '../../plugins/auth/htpasswd/fixture-passwords.ts';
import { folderWith } from '../../plugins/loading/fixture-folder.ts';

const USERS = { ann: ANN, bob: BOB, cyd: CYD };
type User = keyof typeof USERS | undefined;

/** Anybody pulls what is public, ann pushes and overwrites there, bob only pushes; cyd has a home. */
const RULES = [
  { repositories: ['public/**'], anonymous: true, authenticated: true, allow: ['pull'] },
  { repositories: ['public/**'], users: ['ann'], allow: ['overwrite', 'delete'] },
  { repositories: ['public/**'], groups: ['pushers'], allow: ['push'] },
  { repositories: ['home/${user}/**'], authenticated: true, allow: ['*'] },
  { repositories: ['secret'], users: ['cyd'], allow: ['push'] },
];
const AUTHORIZATION = { rules: RULES, groups: { pushers: ['bob'] } };

interface Client {
  readonly ask: (user: User, method: string, path: string, body?: string, type?: string) => Promise<Answer>;
  /** Pushes an image of one layer; the answer is that to its manifest, or the first refusal. */
  readonly push: (user: User, name: string, tag: string, layer?: string) => Promise<Answer>;
  readonly registry: Registry;
}

async function guarded(t: ExecutionContext, authorization: object = AUTHORIZATION): Promise<Client> {
  const lines = Object.values(USERS).map(({ line }) => `${line}\n`);
  const folder = await folderWith(t, { htpasswd: lines.join('') });
  const auth = { htpasswd: { realm: 'here', path: 'htpasswd' } };
  const registry = await withRegistry(t, { auth, folder, others: { authorization } });
  const asking: Client['ask'] = (user, method, path, body, type) => {
    const login = user === undefined ? {} : { Authorization: basic(user, USERS[user].password) };
    return registry.ask(method, path, { body, headers: { ...login, ...(type && { 'Content-Type': type }) } });
  };
  const push: Client['push'] = async (user, name, tag, layer = 'layer') => {
    for (const content of ['{}', layer]) {
      const begun = await asking(user, 'POST', `/v2/${name}/blobs/uploads/`);
      if (begun.status !== 202) return begun;
      await asking(user, 'PUT', withQuery(locationOf(begun), { digest: digestOf(content) }), content);
    }
    return asking(user, 'PUT', `/v2/${name}/manifests/${tag}`, imageManifest(layer), OCI_MANIFEST);
  };
  return { ask: asking, push, registry };
}

test('anybody pulls what is public, and only users push there', async (t) => {
  const { ask: asking, push } = await guarded(t);
  t.is((await push('ann', 'public/app', 'v1')).status, 201);
  for (const user of [undefined, 'ann', 'bob', 'cyd'] as const) {
    t.is((await asking(user, 'GET', '/v2/public/app/manifests/v1')).status, 200, user);
    t.is((await asking(user, 'GET', '/v2/public/app/tags/list')).status, 200, user);
  }
  const anonymous = await push(undefined, 'public/app', 'v2');
  t.is(anonymous.status, 401);
  t.is(anonymous.headers['www-authenticate'], 'Basic realm="here"');
  const refused = await push('cyd', 'public/app', 'v2');
  t.is(refused.status, 403);
  t.regex(refused.text, /"code":"DENIED".*"the policy does not allow this"/);
  // Clients send credentials only when the base route asks for them.
  t.is((await asking(undefined, 'GET', '/v2/')).status, 401);
  t.is((await asking('cyd', 'GET', '/v2/')).status, 200);
});

test('wrong credentials are refused where an anonymous client would be let in', async (t) => {
  const { push, registry } = await guarded(t);
  await push('ann', 'public/app', 'v1');
  const path = '/v2/public/app/manifests/v1';
  for (const authorization of [basic('ann', 'wrong'), basic('', 'x'), 'Bearer abc', 'nonsense']) {
    t.is((await registry.ask('GET', path, { headers: { Authorization: authorization } })).status, 401, authorization);
  }
  t.is((await registry.ask('GET', path, { headers: { Authorization: 'Basic Og==' } })).status, 200);
});

test('a user who may push and not overwrite sets new tags, and moves none, not even one of its own', async (t) => {
  const { ask: asking, push } = await guarded(t);
  t.is((await push('bob', 'public/app', 'v1', 'one')).status, 201);
  t.is((await push('bob', 'public/app', 'v1', 'one')).status, 201);
  const moved = await push('bob', 'public/app', 'v1', 'two');
  t.is(moved.status, 403);
  t.regex(moved.text, /"tag":"v1"/);
  t.is((await push('bob', 'public/app', 'v2', 'two')).status, 201);
  t.is((await push('ann', 'public/app', 'v1', 'two')).status, 201);
  t.is((await asking('bob', 'DELETE', '/v2/public/app/manifests/v2')).status, 403);
  t.is((await asking('ann', 'DELETE', '/v2/public/app/manifests/v2')).status, 202);
});

test('tags that the policy makes immutable are so for everybody', async (t) => {
  const immutabletags = [{ repositories: ['public/**'], tags: ['v*'], except: ['v0'] }];
  const { ask: asking, push } = await guarded(t, { ...AUTHORIZATION, immutabletags });
  for (const tag of ['v0', 'v1', 'dev']) t.is((await push('ann', 'public/app', tag, 'one')).status, 201);
  for (const [tag, status] of [
    ['v0', 201],
    ['v1', 403],
    ['dev', 201],
  ] as const) {
    t.is((await push('ann', 'public/app', tag, 'two')).status, status, tag);
  }
  t.is((await asking('ann', 'DELETE', '/v2/public/app/manifests/v1')).status, 403);
});

test('a home is for its user, and what a user may not see is refused whether it exists or not', async (t) => {
  const { ask: asking, push } = await guarded(t);
  t.is((await push('cyd', 'home/cyd/app', 'v1')).status, 201);
  t.is((await asking('cyd', 'GET', '/v2/home/cyd/app/manifests/v1')).status, 200);
  for (const name of ['home/cyd/app', 'home/cyd/none', 'secret', 'nowhere']) {
    for (const path of [
      `/v2/${name}/manifests/v1`,
      `/v2/${name}/tags/list`,
      `/v2/${name}/blobs/${digestOf('layer')}`,
    ]) {
      const [stranger, anonymous] = [await asking('bob', 'GET', path), await asking(undefined, 'GET', path)];
      t.deepEqual([stranger.status, anonymous.status], [403, 401], path);
    }
  }
});

test('a mount takes a blob only from where the user may pull, whether it names the source or not', async (t) => {
  const { ask: asking, push } = await guarded(t);
  await push('cyd', 'secret', 'v1', 'hidden');
  await push('ann', 'public/app', 'v1', 'shown');
  const mount = async (user: User, layer: string, from: string): Promise<number> =>
    (await asking(user, 'POST', `/v2/home/${user}/app/blobs/uploads/?mount=${digestOf(layer)}${from}`)).status;
  t.is(await mount('bob', 'hidden', '&from=secret'), 202);
  t.is(await mount('bob', 'hidden', ''), 202);
  t.is(await mount('bob', 'shown', '&from=public/app'), 201);
  t.is(await mount('cyd', 'shown', ''), 201);
  t.is(await mount('cyd', 'hidden', '&from=secret'), 201);
  t.is(await mount('cyd', 'hidden', ''), 201);
  t.is(await mount('bob', 'hidden', ''), 202);
});

test('the catalog shows to each what it may list', async (t) => {
  const { ask: asking, push } = await guarded(t);
  for (const [user, name] of [
    ['ann', 'public/app'],
    ['cyd', 'home/cyd/app'],
    ['cyd', 'secret'],
  ] as const) {
    t.is((await push(user, name, 'v1')).status, 201);
  }
  const seen = async (user: User): Promise<unknown> => JSON.parse((await asking(user, 'GET', '/v2/_catalog')).text);
  t.deepEqual(await seen('bob'), { repositories: ['public/app'] });
  t.deepEqual(await seen(undefined), { repositories: ['public/app'] });
  t.deepEqual(await seen('cyd'), { repositories: ['home/cyd/app', 'public/app', 'secret'] });
});

test('a changed policy takes effect without a restart, a wrong one is refused and the old one stays', async (t) => {
  const rules = (allow: readonly string[]) => ({
    others: { authorization: { rules: [{ repositories: ['**'], anonymous: true, allow }] } },
  });
  const running = await withWorkers(t, {}, rules(['pull']));
  const begin = async (): Promise<number> => (await ask(running, 'POST', '/v2/app/blobs/uploads/')).status;
  // Without access control nobody can be asked for credentials.
  t.is(await begin(), 403);
  await running.configure(rules(['push']));
  running.signal('SIGHUP');
  await running.logged(/"key":"authorization"/);
  for (let count = 0; count < 4; count += 1) t.is(await begin(), 202);
  await running.configure(rules(['push', 'fly']));
  running.signal('SIGHUP');
  await running.logged(/authorization\.rules\[0\]\.allow\[1\]: unknown value/);
  t.is(await begin(), 202);
  await running.configure(rules(['list']));
  running.signal('SIGHUP');
  await running.logged(/("key":"authorization"[^]*){2}/);
  for (let count = 0; count < 4; count += 1) t.is(await begin(), 403);
});

test('a push of what a tag had before never undoes the push of a user who may move it', async (t) => {
  const { ask: asking, push } = await guarded(t);
  t.is((await push('bob', 'public/app', 'latest', 'old')).status, 201);
  await push('ann', 'public/app', 'other', 'new');
  for (let round = 0; round < 10; round += 1) {
    await asking('ann', 'PUT', '/v2/public/app/manifests/latest', imageManifest('old'), OCI_MANIFEST);
    const again = Array.from({ length: 6 }, () =>
      asking('bob', 'PUT', '/v2/public/app/manifests/latest', imageManifest('old'), OCI_MANIFEST),
    );
    const moved = asking('ann', 'PUT', '/v2/public/app/manifests/latest', imageManifest('new'), OCI_MANIFEST);
    t.is((await moved).status, 201);
    await Promise.all(again);
    t.is((await asking('ann', 'GET', '/v2/public/app/manifests/latest')).text, imageManifest('new'));
  }
});

test('a reload that has lost the policy leaves it in effect, and says that a restart would open the registry', async (t) => {
  const rules = [{ repositories: ['**'], anonymous: true, allow: ['pull'] }];
  const running = await withWorkers(t, {}, { others: { authorization: { rules } } });
  await running.configure({ others: {} });
  running.signal('SIGHUP');
  await running.logged(/takes effect after a restart: authorization/);
  t.is((await ask(running, 'POST', '/v2/app/blobs/uploads/')).status, 403);
});
