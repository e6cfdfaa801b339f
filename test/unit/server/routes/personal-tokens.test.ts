import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import type { Answer } from '../../../helpers/http/http-request.ts';
import { until } from '../../../helpers/running/until.ts';
import { ANN, BOB, basic, EVE } from '../../plugins/auth/htpasswd/fixture-passwords.ts';
import { folderWith } from '../../plugins/loading/fixture-folder.ts';
import { AS_ANN, AS_BOB, AS_EVE, withPersonalTokens } from './with-personal-tokens.ts';

const DAY_MS = 86_400_000;
const PULL = ['GET', '/v2/team/app/tags/list'] as const;
const STORED = { filesystem: {} };
const PUSH = ['POST', '/v2/team/app/blobs/uploads/'] as const;

test('a token is shown once, stands in the place of the password, and is in the list without its secret', async (t) => {
  const { registry, send, create, list } = await withPersonalTokens(t, { storage: { filesystem: {} } });
  const { token, id, expires, created, ...fields } = await create(AS_BOB, { name: 'build server' });
  t.deepEqual(fields, { name: 'build server', user: 'bob' });
  t.is(Math.round((Date.parse(String(expires)) - Date.parse(String(created))) / DAY_MS), 90);
  const asToken = basic('bob', String(token));
  t.is((await send(...PUSH, asToken)).status, 202);
  t.is((await send('GET', '/v2/', asToken)).status, 200);
  t.is((await send('POST', '/v2/other/blobs/uploads/', asToken)).status, 403);
  const [listed, ...others] = await list(AS_BOB);
  t.is(others.length, 0);
  t.like(listed, { id, name: 'build server', user: 'bob', created, expires });
  t.false(JSON.stringify(listed).includes(String(token).slice(29)));

  // Nothing in the storage shows the token.
  const folder = join(registry.root, 'docker/registry/v2/_auth/tokens');
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  t.is(files.length, 1);
  for (const { parentPath, name } of files) {
    t.false((await readFile(join(parentPath, name), 'utf8')).includes(String(token).slice(29)));
  }
});

test('a token gets tokens of the token server, by both forms, and a refresh token that ends with it', async (t) => {
  const { registry, send, create } = await withPersonalTokens(t);
  const { token, id } = await create(AS_BOB, { actions: ['pull'] });
  const scope = 'scope=repository:team/app:pull,push';
  const answer = await send('GET', `/auth/token?offline_token=true&${scope}`, basic('bob', String(token)));
  const { token: bearer, refresh_token: refresh } = JSON.parse(answer.text) as Record<string, string>;
  const withBearer = async (request: readonly [string, string]): Promise<number> =>
    (await send(...request, `Bearer ${String(bearer)}`)).status;
  t.is(await withBearer(PULL), 404);
  t.is(await withBearer(PUSH), 401);
  const post = (form: Record<string, string>): Promise<Answer> =>
    registry.ask('POST', '/auth/token', {
      body: String(new URLSearchParams(form)),
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    });
  const exchanged = await post({ grant_type: 'refresh_token', refresh_token: String(refresh), scope: scope.slice(6) });
  t.is((JSON.parse(exchanged.text) as Record<string, unknown>)['scope'], 'repository:team/app:pull');
  const login = { grant_type: 'password', username: 'bob', password: String(token) };
  t.is((await post(login)).status, 200);

  t.is((await send('DELETE', `/auth/tokens/${String(id)}`, AS_BOB)).status, 204);
  t.is(await withBearer(PULL), 401);
  t.is((await post({ grant_type: 'refresh_token', refresh_token: String(refresh) })).status, 400);
  t.is((await post(login)).status, 401);
  t.is((await send('GET', '/v2/', basic('bob', String(token)))).status, 401);
  t.is((await send('DELETE', `/auth/tokens/${String(id)}`, AS_BOB)).status, 404);
});

test('a limited token does only what it may, and never more than its user', async (t) => {
  const { registry, send, create } = await withPersonalTokens(t, { storage: { delete: { enabled: true } } });
  const limited = async (wanted: Readonly<Record<string, unknown>>, as = AS_ANN, user = 'ann'): Promise<string> =>
    basic(user, String((await create(as, wanted))['token']));
  const status = async (method: string, path: string, authorization: string): Promise<number> =>
    (await send(method, path, authorization)).status;
  const reader = await limited({ actions: ['pull'] });
  t.is(await status(...PULL, reader), 404);
  t.is(await status(...PUSH, reader), 403);
  t.is(await status('DELETE', '/v2/team/app/manifests/v1', reader), 403);
  const ofTeam = await limited({ repositories: ['team/**'] });
  t.is(await status(...PUSH, ofTeam), 202);
  t.is(await status('POST', '/v2/other/app/blobs/uploads/', ofTeam), 403);
  t.is(await status('GET', '/v2/other/app/tags/list', ofTeam), 403);
  const deleter = await limited({ actions: ['delete'] });
  t.is(await status(...PULL, deleter), 403);
  t.is(await status('DELETE', '/v2/team/app/manifests/v1', deleter), 404);
  const ambitious = await limited({ actions: ['push', 'delete'] }, AS_EVE, 'eve');
  t.is(await status(...PUSH, ambitious), 403);
  // A mount takes no more than the token may pull.
  const mount = `/v2/team/app/blobs/uploads/?mount=sha256:${'0'.repeat(64)}&from=other/app`;
  t.true([403, 202].includes(await status('POST', mount, ofTeam)));

  await Promise.all(['team/app', 'other/app'].map((name) => pushAs(registry, name, AS_ANN)));
  const listed = async (authorization: string): Promise<unknown> =>
    (JSON.parse((await send('GET', '/v2/_catalog', authorization)).text) as Record<string, unknown>)['repositories'];
  t.deepEqual(await listed(AS_ANN), ['other/app', 'team/app']);
  t.deepEqual(await listed(ofTeam), ['team/app']);
  const scopes = 'scope=registry:catalog:*';
  const { token } = JSON.parse((await send('GET', `/auth/token?${scopes}`, ofTeam)).text) as Record<string, string>;
  t.deepEqual(await listed(`Bearer ${String(token)}`), ['team/app']);
  // A token that pushes only new tags moves none.
  const pusher = await limited({ actions: ['push'] });
  t.is((await putTag(registry, 'team/app', 'v2', pusher)).status, 201);
  t.is((await putTag(registry, 'team/app', 'v2', pusher, '2')).status, 403);
  const overwriter = await limited({ actions: ['overwrite'] });
  t.is((await putTag(registry, 'team/app', 'v2', overwriter, '2')).status, 201);
});

function putTag(
  registry: { ask: (method: string, path: string, options: object) => Promise<Answer> },
  name: string,
  tag: string,
  authorization: string,
  annotation = '1',
): Promise<Answer> {
  const type = 'application/vnd.oci.image.index.v1+json';
  const body = JSON.stringify({ schemaVersion: 2, mediaType: type, manifests: [], annotations: { annotation } });
  const headers = { 'Content-Type': type, Authorization: authorization };
  return registry.ask('PUT', `/v2/${name}/manifests/${tag}`, { body, headers });
}

async function pushAs(registry: Parameters<typeof putTag>[0], name: string, authorization: string): Promise<void> {
  const { status, text } = await putTag(registry, name, 'v1', authorization);
  if (status !== 201) throw new Error(text);
}

test('tokens are managed with a password: not without one, not with a token of any kind', async (t) => {
  const { send, create } = await withPersonalTokens(t);
  const { token, id } = await create(AS_ANN);
  const answer = await send('GET', '/auth/token?offline_token=true', AS_ANN);
  const { token: bearer, refresh_token: refresh } = JSON.parse(answer.text) as Record<string, string>;
  for (const [what, authorization, status] of [
    ['nothing', undefined, 401],
    ['a wrong password', basic('ann', 'wrong'), 401],
    ['a personal access token', basic('ann', String(token)), 403],
    ['a token of the token server', `Bearer ${String(bearer)}`, 401],
    ['a refresh token', basic('ann', String(refresh)), 401],
  ] as const) {
    t.is((await send('GET', '/auth/tokens', authorization)).status, status, what);
    t.is((await send('POST', '/auth/tokens', authorization, { name: 'x' })).status, status, what);
    t.is((await send('DELETE', `/auth/tokens/${String(id)}`, authorization)).status, status, what);
  }
});

test('only an administrator of everything sees and revokes the tokens of others', async (t) => {
  const { send, create, list } = await withPersonalTokens(t);
  const { id, token } = await create(AS_BOB);
  await create(AS_EVE, { name: 'another' });
  for (const path of ['/auth/tokens?user=bob', '/auth/tokens?all=true', '/auth/tokens?user=nobody']) {
    t.is((await send('GET', path, AS_EVE)).status, 403, path);
  }
  t.is((await send('DELETE', `/auth/tokens/${String(id)}?user=bob`, AS_EVE)).status, 403);
  t.is((await send('DELETE', `/auth/tokens/${String(id)}`, AS_EVE)).status, 404);
  t.is((await send('GET', '/v2/', basic('bob', String(token)))).status, 200);
  t.deepEqual(
    (await list(AS_ANN, '?user=bob')).map((each) => each['id']),
    [id],
  );
  t.deepEqual((await list(AS_ANN, '?all=true')).map((each) => each['user']).toSorted(), ['bob', 'eve']);
  t.deepEqual(await list(AS_ANN), []);
  t.is((await send('DELETE', `/auth/tokens/${String(id)}?user=bob`, AS_ANN)).status, 204);
  t.is((await send('GET', '/v2/', basic('bob', String(token)))).status, 401);
});

test('a token of another user, of no user, and one that was changed are refused like a wrong password', async (t) => {
  const { send, create, file } = await withPersonalTokens(t);
  const text = String((await create(AS_BOB))['token']);
  const other = String((await create(AS_BOB))['token']);
  const wrong = await send('GET', '/v2/', basic('bob', 'wrong'));
  for (const authorization of [
    basic('ann', text),
    basic('nobody', text),
    basic('', text),
    basic('bob', `${text.slice(0, -1)}${text.endsWith('0') ? '1' : '0'}`),
    basic('bob', text.slice(0, 28) + other.slice(28)),
    basic('bob', 'stowage_pat_'),
    `Bearer ${text}`,
  ]) {
    const answer = await send('GET', '/v2/', authorization);
    t.is(answer.status, 401);
    if (!authorization.startsWith('Bearer')) {
      t.deepEqual(errorsIn(answer), errorsIn(wrong));
      t.is(answer.headers['www-authenticate'], wrong.headers['www-authenticate']);
    }
  }
  await writeFile(file, `${ANN.line}\n${EVE.line}\n`);
  const status = async (): Promise<number> => (await send('GET', '/v2/', basic('bob', text))).status;
  await until('the token of a removed user is refused', async () => (await status()) === 401);
  // A new password does not end it.
  await writeFile(file, `${ANN.line}\n${BOB.line.replace(/:.*/, EVE.line.slice(3))}\n`);
  await until('the user is back', async () => (await status()) === 200);
});

function errorsIn({ text }: Answer): unknown {
  return (JSON.parse(text) as Record<string, unknown>)['errors'];
}

const REFUSED: Readonly<Record<string, readonly [body: unknown, reason: RegExp]>> = {
  'no JSON': ['{', /the body is not JSON/],
  'no object': ['7', /the body is not an object/],
  'no name': [{}, /name: must be a text that says what the token is for/],
  'an empty name': [{ name: '' }, /name: must not be empty/],
  'a name of many lines': [{ name: 'a\nb' }, /name: must not contain control characters/],
  'a long name': [{ name: 'x'.repeat(101) }, /at most 100 characters/],
  'a misspelt key': [{ name: 'x', action: ['pull'] }, /unknown keys: action/],
  'no date': [{ name: 'x', expires: 'soon' }, /expires: must be a time such as/],
  'an end in the past': [{ name: 'x', expires: '2020-01-01T00:00:00Z' }, /expires: is in the past/],
  'a late end': [{ name: 'x', expires: '2100-01-01T00:00:00Z' }, /expires: is more than a year away; write/],
  'no action': [{ name: 'x', actions: [] }, /actions: must name an action; leave it out for all of them/],
  'an unknown action': [
    { name: 'x', actions: ['admin'] },
    /actions\.0: must be one of list, pull, push, overwrite, delete/,
  ],
  'no repository': [{ name: 'x', repositories: [] }, /repositories: must have a pattern/],
  'many wildcards': [{ name: 'x', repositories: ['a*'.repeat(9)] }, /repositories: a pattern has at most 8 wildcards/],
  'long patterns': [
    { name: 'x', repositories: Array.from({ length: 5 }, (_, index) => `${index}`.repeat(250)) },
    /repositories: have 1250 characters in all; at most 1000 are allowed/,
  ],
  'an impossible pattern': [{ name: 'x', repositories: ['Team/*'] }, /repositories: repository names have no capital/],
};
for (const [what, [body, reason]] of Object.entries(REFUSED)) {
  test(`no token is created from a request with ${what}`, async (t) => {
    const { send, list } = await withPersonalTokens(t);
    const answer = await send('POST', '/auth/tokens', AS_BOB, body);
    t.is(answer.status, 400);
    t.regex(answer.text, reason);
    t.deepEqual(await list(AS_BOB), []);
  });
}

test('a token without an end must be asked for, and forms of other sites create none', async (t) => {
  const { registry, create, list } = await withPersonalTokens(t);
  t.is((await create(AS_BOB, { expires: 'never' }))['expires'], 'never');
  const headers = { Authorization: AS_BOB, 'Content-Type': 'text/plain' };
  t.is((await registry.ask('POST', '/auth/tokens', { body: '{"name":"x"}', headers })).status, 400);
  t.is((await list(AS_BOB)).length, 1);
});

test('a user has at most a hundred tokens', async (t) => {
  const { send, create } = await withPersonalTokens(t);
  for (let count = 0; count < 100; count += 1) await create(AS_BOB);
  const refused = await send('POST', '/auth/tokens', AS_BOB, { name: 'one too many' });
  t.is(refused.status, 403);
  t.regex(refused.text, /a user has at most 100 live tokens; revoke one of them/);
  await create(AS_EVE);
});

test('a whole token in the place of its id revokes it, and that of nobody else', async (t) => {
  const { send, create } = await withPersonalTokens(t);
  const { id, token } = await create(AS_BOB);
  const path = `/auth/tokens/${String(token)}`;
  t.is((await send('DELETE', path, AS_EVE)).status, 404);
  t.is((await send(...PULL, basic('bob', String(token)))).status, 404);
  t.is((await send('DELETE', path, AS_BOB)).status, 204);
  t.is((await send(...PULL, basic('bob', String(token)))).status, 401);
  const again = await send('DELETE', path, AS_BOB);
  t.is(again.status, 404);
  t.regex(again.text, new RegExp(`"id":"${String(id)}"`));
});

test('a read-only registry takes tokens, creates none, and revokes one that has leaked', async (t) => {
  const folder = await folderWith(t, { htpasswd: `${BOB.line}\n` });
  const writable = await withPersonalTokens(t, { folder, storage: STORED });
  const { id, token } = await writable.create(AS_BOB);
  await writable.registry.stop();
  const maintenance = { readonly: { enabled: true } };
  const { send, list } = await withPersonalTokens(t, { folder, storage: { ...STORED, maintenance } });
  t.is((await send('POST', '/auth/tokens', AS_BOB, { name: 'x' })).status, 405);
  t.is((await send(...PULL, basic('bob', String(token)))).status, 404);
  t.is((await send('DELETE', `/auth/tokens/${String(id)}`, AS_BOB)).status, 204);
  t.is((await send(...PULL, basic('bob', String(token)))).status, 401);
  t.deepEqual(await list(AS_BOB), []);
});

test('a storage that takes no changes keeps its tokens, and says so', async (t) => {
  const others = { middleware: { storage: [{ name: 'readonly' }] } };
  const { send } = await withPersonalTokens(t, { others });
  const { status, text } = await send('DELETE', '/auth/tokens/0123456789abcdef', AS_BOB);
  t.is(status, 405);
  t.regex(text, /the storage is read-only/);
});

test('without token server there are no personal access tokens', async (t) => {
  const { send } = await withPersonalTokens(t, { auth: { token: { embedded: false } } });
  t.is((await send('GET', '/auth/tokens', AS_BOB)).status, 404);
});

test('a registry without rules has tokens as well, and nobody who sees those of others', async (t) => {
  const { send, create } = await withPersonalTokens(t, { others: { authorization: undefined } });
  const { token } = await create(AS_BOB, { actions: ['pull'] });
  t.is((await send(...PULL, basic('bob', String(token)))).status, 404);
  t.is((await send(...PUSH, basic('bob', String(token)))).status, 403);
  t.is((await send('GET', '/auth/tokens?user=bob', AS_ANN)).status, 403);
});
