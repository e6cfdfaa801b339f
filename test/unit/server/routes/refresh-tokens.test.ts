import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { decodeJwt, SignJWT } from 'jose';
import { signingKeysOf } from '../../../../plugins/auth/embedded/signing-keys.ts';
import type { Answer } from '../../../helpers/http/http-request.ts';
import { withRegistry } from '../../../helpers/http/with-registry.ts';
import { until } from '../../../helpers/running/until.ts';
import { ANN, BOB, basic } from '../../plugins/auth/htpasswd/fixture-passwords.ts';
import { folderWith } from '../../plugins/loading/fixture-folder.ts';

const SECRET = 'first'.repeat(8);
const RULES = [
  { repositories: ['public/**'], anonymous: true, allow: ['pull'] },
  { repositories: ['public/**'], users: ['ann'], allow: ['push'] },
];
const SCOPE = 'repository:public/a:pull,push';

type Fields = Readonly<Record<string, unknown>>;

/** A registry whose users can log in, and its token endpoint. */
async function withLogins(t: ExecutionContext, http: Record<string, unknown> = { secret: SECRET }) {
  const folder = await folderWith(t, { htpasswd: `${ANN.line}\n${BOB.line}\n` });
  const auth = { htpasswd: { realm: 'here', path: 'htpasswd' } };
  const registry = await withRegistry(t, { auth, folder, http, others: { authorization: { rules: RULES } } });
  const fieldsOf = ({ text }: Answer): Fields => JSON.parse(text) as Fields;
  const logIn = async (user?: string, password = ''): Promise<Fields> => {
    const headers = user === undefined ? {} : { Authorization: basic(user, password) };
    const query = `service=stowage&offline_token=true&client_id=docker&scope=${SCOPE}`;
    return fieldsOf(await registry.ask('GET', `/auth/token?${query}`, { headers }));
  };
  const post = (form: Readonly<Record<string, string>>): Promise<Answer> =>
    registry.ask('POST', '/auth/token', {
      body: String(new URLSearchParams(form)),
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    });
  const refresh = async (token: unknown): Promise<[status: number, fields: Fields]> => {
    const form = { grant_type: 'refresh_token', refresh_token: String(token), service: 'stowage', client_id: 'docker' };
    const answer = await post({ ...form, scope: SCOPE });
    return [answer.status, fieldsOf(answer)];
  };
  const bearing = async (token: unknown): Promise<number> =>
    (await registry.ask('GET', '/v2/', { headers: { Authorization: `Bearer ${String(token)}` } })).status;
  return { registry, logIn, post, refresh, bearing, fieldsOf, file: join(folder, 'htpasswd') };
}

test('a client that asks for it gets a refresh token for 30 days, and exchanges it for tokens of the same user', async (t) => {
  const { registry, logIn, refresh } = await withLogins(t);
  const { refresh_token: token } = await logIn('ann', ANN.password);
  const { sub, exp = 0, iat = 0 } = decodeJwt(String(token));
  t.deepEqual([sub, exp - iat], ['ann', 30 * 86_400]);
  const [status, fields] = await refresh(token);
  t.is(status, 200);
  t.is(fields['scope'], SCOPE);
  t.is(fields['refresh_token'], undefined);
  const headers = { Authorization: `Bearer ${String(fields['access_token'])}` };
  t.is((await registry.ask('POST', '/v2/public/a/blobs/uploads/', { headers })).status, 202);
});

test('a form gets one with access_type=offline, and without it none', async (t) => {
  const { post, fieldsOf, refresh } = await withLogins(t);
  const login = { grant_type: 'password', username: 'ann', password: ANN.password, client_id: 'containerd' };
  t.is(fieldsOf(await post(login))['refresh_token'], undefined);
  const { refresh_token: token } = fieldsOf(await post({ ...login, access_type: 'offline' }));
  t.is((await refresh(token))[0], 200);
});

test('an anonymous client gets none, and neither does anybody while the keys end with the process', async (t) => {
  const { logIn } = await withLogins(t);
  const anonymous = await logIn();
  t.is(typeof anonymous['token'], 'string');
  t.is(anonymous['refresh_token'], undefined);
  const temporary = await withLogins(t, { secret: '' });
  const user = await temporary.logIn('ann', ANN.password);
  t.is(typeof user['token'], 'string');
  t.is(user['refresh_token'], undefined);
});

test('a refresh token is no token for requests, and such a token is no refresh token', async (t) => {
  const { registry, logIn, refresh, bearing } = await withLogins(t);
  const { token, refresh_token: refreshToken } = await logIn('ann', ANN.password);
  t.is(await bearing(token), 200);
  t.is(await bearing(refreshToken), 401);
  const [status, { error }] = await refresh(token);
  t.deepEqual([status, error], [400, 'invalid_grant']);
  const asPassword = { headers: { Authorization: basic('ann', String(refreshToken)) } };
  t.is((await registry.ask('GET', '/v2/', asPassword)).status, 401);
});

test('a refresh token ends with the password and with the user', async (t) => {
  const { logIn, refresh, file } = await withLogins(t);
  const { refresh_token: token } = await logIn('ann', ANN.password);
  await writeFile(file, `${BOB.line}\n`);
  // The registry looks at the file once a second.
  await until('the token has ended', async () => (await refresh(token))[1]['error'] === 'invalid_grant');
  await writeFile(file, `${BOB.line.replace(/^bob/, 'ann')}\n`);
  const [status, fields] = await refresh(token);
  t.deepEqual([status, fields['error']], [400, 'invalid_grant']);
  t.regex(String(fields['error_description']), /log in again/);
  await writeFile(file, `${ANN.line}\n`);
  t.is((await refresh(token))[0], 200);
});

test('a refresh token of another registry, of another audience, without a credential or changed is refused', async (t) => {
  const { logIn, refresh } = await withLogins(t);
  const { refresh_token: token } = await logIn('ann', ANN.password);
  const { cred, ...claims } = decodeJwt(String(token));
  const sign = async (payload: Record<string, unknown>, secret = SECRET): Promise<string> => {
    const { current } = await signingKeysOf([secret]);
    return new SignJWT(payload)
      .setProtectedHeader({ typ: 'refresh+jwt', alg: 'ES256', kid: current.kid })
      .sign(current.privateKey);
  };
  t.is((await refresh(await sign({ ...claims, cred })))[0], 200, 'this is how they are signed');
  const now = Math.floor(Date.now() / 1000);
  for (const [what, wrong] of Object.entries({
    'of another key': await sign({ ...claims, cred }, 'other'.repeat(8)),
    'of another audience': await sign({ ...claims, cred, aud: 'elsewhere' }),
    'of another user': await sign({ ...claims, cred, sub: 'bob' }),
    'without a user': await sign({ ...claims, cred, sub: '' }),
    'without a credential': await sign(claims),
    'with a credential of no kind': await sign({ ...claims, cred: 'x' }),
    'that has expired': await sign({ ...claims, cred, exp: now - 1 }),
    'that is too old': await sign({ ...claims, cred, iat: now - 31 * 86_400 }),
    'that was changed': `${String(token).slice(0, -4)}AAAA`,
    'of a megabyte': 'x'.repeat(60_000),
  })) {
    const [status, { error }] = await refresh(wrong);
    t.deepEqual([status, error], [400, 'invalid_grant'], `a refresh token ${what}`);
  }
});
