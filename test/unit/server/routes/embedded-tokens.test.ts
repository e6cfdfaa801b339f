import { writeFile } from 'node:fs/promises';
import test from 'ava';
import { createRemoteJWKSet, decodeJwt, jwtVerify, SignJWT } from 'jose';
import { signingKeysOf } from '../../../../plugins/auth/embedded/signing-keys.ts';
import { type Answer, ask } from '../../../helpers/http/http-request.ts';
import { withWorkers } from '../../../helpers/http/with-workers.ts';
import { until } from '../../../helpers/running/until.ts';
import { ANN, BOB, basic } from '../../plugins/auth/htpasswd/fixture-passwords.ts';
import { folderWith, pluginSource } from '../../plugins/loading/fixture-folder.ts';
import { CATALOG, RULES, SECRET, type Tokens, tokenIn, withTokens } from './with-tokens.ts';

const OTHER = 'other'.repeat(8);

test('a client without credentials is sent for a token where a rule allows it something', async (t) => {
  const { registry } = await withTokens(t);
  const [base, upload] = [await registry.ask('GET', '/v2/'), await registry.ask('POST', '/v2/public/a/blobs/uploads/')];
  const realm = `${registry.address}/auth/token`;
  t.is(base.headers['www-authenticate'], `Bearer realm="${realm}",service="stowage"`);
  const scope = 'scope="repository:public/a:pull,push"';
  t.is(upload.headers['www-authenticate'], `Bearer realm="${realm}",service="stowage",${scope}`);
  t.is((await registry.ask('GET', '/v2/', { headers: { Authorization: basic('ann', ANN.password) } })).status, 200);
});

for (const [what, options] of Object.entries({
  'no rule is for it': { rules: [{ repositories: ['**'], authenticated: true, allow: ['*'] }] },
  'tokens are turned off': { embedded: false },
  'the secret could be guessed': { http: { secret: 'hunter2' } },
})) {
  test(`a client without credentials is asked for a password, and gets no token, where ${what}`, async (t) => {
    const { registry, get } = await withTokens(t, options);
    t.is((await registry.ask('GET', '/v2/')).headers['www-authenticate'], 'Basic realm="here"');
    t.is((await get([])).status, 404);
    // The public half of a key that is derived from a weak secret would make the secret easy to find.
    t.is((await registry.ask('GET', '/auth/keys')).status, 404);
  });
}

const ROUTE = pluginSource(
  'route-extension',
  `() => bindPort(ROUTE_EXTENSION, { name: 'page', routes: [
    { path: '/x', methods: [{ method: 'GET', access: 'none', handle: async ({ user }) => ({ status: 200, body: user }) }] },
  ] })`,
);
for (const rules of [RULES, 'none'] as const) {
  test(`a route of a plugin for clients that log in takes no anonymous token, with ${rules === 'none' ? 'no' : 'public'} rules`, async (t) => {
    const { registry, use, get } = await withTokens(t, {
      ...{ rules, embedded: true, files: { 'page.mjs': ROUTE }, plugins: ['./page.mjs'] },
    });
    const page = ['GET', '/v2/_ext/page/x'] as const;
    t.is((await registry.ask(...page)).status, 401);
    t.deepEqual(await use([], page), [401, 'insufficient_scope']);
    const headers = { Authorization: `Bearer ${tokenIn(await get([], basic('ann', ANN.password)))}` };
    t.is((await registry.ask(...page, { headers })).text, 'ann');
  });
}

test('without rules, a token for the catalog lists all repositories, and another one none', async (t) => {
  const { registry, get } = await withTokens(t, { rules: 'none', embedded: true });
  const ann = basic('ann', ANN.password);
  const type = 'application/vnd.oci.image.index.v1+json';
  await registry.ask('PUT', '/v2/team/app/manifests/v1', {
    body: JSON.stringify({ schemaVersion: 2, mediaType: type, manifests: [] }),
    headers: { Authorization: ann, 'Content-Type': type },
  });
  const catalog = async (scope: string): Promise<string> => {
    const headers = { Authorization: `Bearer ${tokenIn(await get([scope], ann))}` };
    return (await registry.ask('GET', '/v2/_catalog', { headers })).text;
  };
  t.is(await catalog(CATALOG), '{"repositories":["team/app"]}');
  t.regex(await catalog('repository:team/app:pull'), /UNAUTHORIZED/);
});

test('an anonymous token is enough to pull what is public, and for nothing else', async (t) => {
  const { use } = await withTokens(t);
  const pull = ['GET', '/v2/public/a/tags/list'] as const;
  t.deepEqual(await use(['repository:public/a:pull'], pull), [404, undefined]);
  t.deepEqual(await use([], ['GET', '/v2/']), [200, undefined]);
  t.deepEqual(await use([CATALOG], ['GET', '/v2/_catalog']), [200, undefined]);
  t.deepEqual(await use([], pull), [401, 'insufficient_scope']);
  t.deepEqual(await use(['repository:public/b:pull'], pull), [401, 'insufficient_scope']);
  const push = ['POST', '/v2/public/a/blobs/uploads/'] as const;
  t.deepEqual(await use(['repository:public/a:pull,push'], push), [401, 'insufficient_scope']);
});

test('a token has what was asked for as far as the policy allows it, and no more', async (t) => {
  const { get } = await withTokens(t);
  const accessOf = async (scopes: readonly string[], authorization?: string): Promise<unknown> =>
    decodeJwt(tokenIn(await get(scopes, authorization)))['access'];
  const [ann, bob] = [basic('ann', ANN.password), basic('bob', BOB.password)];
  const all = ['repository:public/a:pull,push,delete repository:secret:pull', CATALOG];
  const catalog = { type: 'registry', name: 'catalog', actions: ['*'] };
  const repository = (...actions: string[]) => ({ type: 'repository', name: 'public/a', actions });
  t.deepEqual(await accessOf(all), [repository('pull'), catalog]);
  t.deepEqual(await accessOf(all, bob), [repository('pull'), catalog]);
  t.deepEqual(await accessOf(all, ann), [repository('pull', 'push', 'delete'), catalog]);
  t.deepEqual(await accessOf(['repository:public/a:*'], ann), [repository('pull', 'push', 'delete')]);
  t.deepEqual(await accessOf(['repository:public/a:pull'], ann), [repository('pull')]);
  t.deepEqual(await accessOf(['repository:secret:*', 'registry:other:*', 'image:a:pull']), []);
});

test('the answer has all that clients read, lives for five minutes, and is never cached', async (t) => {
  const { registry, get } = await withTokens(t);
  const answer = await get([], basic('ann', ANN.password));
  t.is(answer.headers['cache-control'], 'no-store');
  const body = JSON.parse(answer.text) as Record<string, unknown>;
  t.is(body['token'], body['access_token']);
  t.is(body['expires_in'], 300);
  t.regex(String(body['issued_at']), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  const keys = createRemoteJWKSet(new URL(`${registry.address}/auth/keys`));
  const { payload } = await jwtVerify(tokenIn(answer), keys, { issuer: 'stowage', audience: 'stowage' });
  t.is(payload.sub, 'ann');
  t.is((payload.exp ?? 0) - (payload.iat ?? 0), 300);
});

test('containerd gets its token by a form, and is told which grants there are', async (t) => {
  const { registry } = await withTokens(t);
  const post = (form: Readonly<Record<string, string>>): Promise<Answer> =>
    registry.ask('POST', '/auth/token', {
      body: String(new URLSearchParams(form)),
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    });
  const login = { grant_type: 'password', service: 'stowage', username: 'ann', password: ANN.password };
  const answer = await post({ ...login, scope: 'repository:public/a:pull,push repository:secret:pull' });
  const body = JSON.parse(answer.text) as Record<string, unknown>;
  t.is(body['scope'], 'repository:public/a:pull,push');
  t.is(decodeJwt(String(body['access_token'])).sub, 'ann');
  t.is((await post({ ...login, password: 'wrong' })).status, 401);
  for (const [form, error] of [
    [{ ...login, grant_type: 'client_credentials' }, 'unsupported_grant_type'],
    [{ service: 'stowage' }, 'invalid_request'],
    [{ ...login, password: '' }, 'invalid_request'],
    [{ grant_type: 'refresh_token' }, 'invalid_request'],
    [{ grant_type: 'refresh_token', refresh_token: 'x' }, 'invalid_grant'],
  ] as const) {
    const refused = await post(form);
    t.is(refused.status, 400);
    t.is((JSON.parse(refused.text) as Record<string, unknown>)['error'], error);
  }
});

test('wrong credentials, a token as credentials, another service and malformed scopes get no token', async (t) => {
  const { registry, get } = await withTokens(t);
  t.is((await get([], basic('ann', 'wrong'))).status, 401);
  t.is((await get([], basic('nobody', 'x'))).status, 401);
  t.is((await get([], 'nonsense')).status, 401);
  const renewed = await get([], `Bearer ${tokenIn(await get([], basic('ann', ANN.password)))}`);
  t.is(renewed.status, 401);
  t.is((await get(['repository:'])).status, 400);
  const other = await registry.ask('GET', '/auth/token?service=elsewhere');
  t.is(other.status, 400);
  t.regex(other.text, /tokens are for the service \\"stowage\\"/);
  t.is((await registry.ask('DELETE', '/auth/token')).status, 405);
});

test('a token that is changed, or of another secret, is refused, and one of an older secret is not', async (t) => {
  const before = await withTokens(t, { http: { secret: SECRET } });
  const token = tokenIn(await before.get([], basic('ann', ANN.password)));
  const statusAt = async ({ registry }: Tokens, given = token): Promise<number> =>
    (await registry.ask('GET', '/v2/', { headers: { Authorization: `Bearer ${given}` } })).status;
  t.is(await statusAt(before), 200);
  t.is(await statusAt(before, `${token.slice(0, -4)}AAAA`), 401);
  t.is(await statusAt(await withTokens(t, { http: { secret: SECRET } })), 200);
  t.is(await statusAt(await withTokens(t, { http: { secret: OTHER, secrets: [SECRET] } })), 200);
  t.is(await statusAt(await withTokens(t, { http: { secret: OTHER } })), 401);
});

test('a policy that no longer allows something takes it from tokens that are out, too', async (t) => {
  const folder = await folderWith(t, { htpasswd: `${ANN.line}\n` });
  const withRules = (rules: readonly object[]) => ({
    others: { auth: { htpasswd: { realm: 'here', path: `${folder}/htpasswd` } }, authorization: { rules } },
  });
  const running = await withWorkers(t, {}, withRules(RULES));
  const path = '/auth/token?service=stowage&scope=repository:public/a:pull,push';
  const given = await ask(running, 'GET', path, { headers: { Authorization: basic('ann', ANN.password) } });
  const headers = { Authorization: `Bearer ${tokenIn(given)}` };
  const begin = async (): Promise<number> =>
    (await ask(running, 'POST', '/v2/public/a/blobs/uploads/', { headers })).status;
  // Every worker takes it, whichever has made it.
  for (let count = 0; count < 4; count += 1) t.is(await begin(), 202);
  await running.configure(withRules(RULES.slice(0, 1)));
  running.signal('SIGHUP');
  await running.logged(/"key":"authorization"/);
  for (let count = 0; count < 4; count += 1) t.is(await begin(), 403);
});

test('a token does not outlive its user, nor the password by which it was obtained', async (t) => {
  const { registry, get, file } = await withTokens(t);
  const token = tokenIn(await get(['repository:public/a:pull'], basic('ann', ANN.password)));
  const status = async (): Promise<number> =>
    (await registry.ask('GET', '/v2/', { headers: { Authorization: `Bearer ${token}` } })).status;
  t.is(await status(), 200);
  await writeFile(file, `${BOB.line}\n`);
  // The registry looks at the file once a second.
  await until('the token has ended', async () => (await status()) === 401);
  await writeFile(file, `${BOB.line.replace(/^bob/, 'ann')}\n`);
  t.is(await status(), 401);
  await writeFile(file, `${ANN.line}\n`);
  t.is(await status(), 200);
});

test('not even with the key is a token taken that should live longer than five minutes', async (t) => {
  const { registry } = await withTokens(t);
  const { current } = await signingKeysOf([SECRET]);
  const now = Math.floor(Date.now() / 1000);
  const statusOf = async (iat: number): Promise<number> => {
    const token = await new SignJWT({ access: [] })
      .setProtectedHeader({ alg: 'ES256', kid: current.kid })
      .setIssuer('stowage')
      .setAudience('stowage')
      .setSubject('')
      .setIssuedAt(iat)
      .setExpirationTime(now + 1_000_000)
      .sign(current.privateKey);
    return (await registry.ask('GET', '/v2/', { headers: { Authorization: `Bearer ${token}` } })).status;
  };
  t.is(await statusOf(now), 200);
  t.is(await statusOf(now - 400), 401);
});

test('a token of a user must say by which password it was obtained, also one of a user who does not exist', async (t) => {
  const { registry } = await withTokens(t);
  const { current } = await signingKeysOf([SECRET]);
  const now = Math.floor(Date.now() / 1000);
  for (const subject of ['ann', 'nobody']) {
    const token = await new SignJWT({ access: [] })
      .setProtectedHeader({ alg: 'ES256', kid: current.kid })
      .setIssuer('stowage')
      .setAudience('stowage')
      .setSubject(subject)
      .setIssuedAt(now)
      .setExpirationTime(now + 300)
      .sign(current.privateKey);
    t.is((await registry.ask('GET', '/v2/', { headers: { Authorization: `Bearer ${token}` } })).status, 401, subject);
  }
});

test('the realm has the path of http.host and of http.prefix', async (t) => {
  const realmOf = async (http: Record<string, unknown>, path: string): Promise<string | undefined> => {
    const { registry } = await withTokens(t, { http });
    const answer = await registry.ask('GET', path);
    return /realm="([^"]+)"/.exec(answer.headers['www-authenticate'] ?? '')?.[1];
  };
  t.is(await realmOf({ host: 'https://proxy.example/reg' }, '/v2/'), 'https://proxy.example/reg/auth/token');
  t.regex((await realmOf({ prefix: '/reg/' }, '/reg/v2/')) ?? '', /^http:\/\/127\.0\.0\.1:\d+\/reg\/auth\/token$/);
});
