import { generateKeyPairSync } from 'node:crypto';
import test from 'ava';
import { decodeJwt } from 'jose';
import { ANN, basic } from '../../plugins/auth/htpasswd/fixture-passwords.ts';
import { CATALOG, type Tokens, tokenIn, withTokens } from './with-tokens.ts';

test('tokens can be turned on without a rule for anonymous clients, and without any rule', async (t) => {
  const staff = [{ repositories: ['**'], users: ['ann'], allow: ['pull'] }];
  const withRules = await withTokens(t, { rules: staff, embedded: true });
  const scopes = ['repository:app:pull,push', CATALOG];
  const accessOf = async ({ get }: Tokens, authorization?: string): Promise<unknown> =>
    decodeJwt(tokenIn(await get(scopes, authorization)))['access'];
  const ann = basic('ann', ANN.password);
  const catalog = { type: 'registry', name: 'catalog', actions: ['*'] };
  const repository = (...actions: string[]) => ({ type: 'repository', name: 'app', actions });
  t.deepEqual(await accessOf(withRules, ann), [repository('pull'), catalog]);
  t.deepEqual(await accessOf(withRules), []);
  const without = await withTokens(t, { rules: 'none', embedded: { expiry: '10m' } });
  t.deepEqual(await accessOf(without, ann), [repository('pull', 'push'), catalog]);
  t.deepEqual(await accessOf(without), []);
  t.deepEqual(await without.use(scopes, ['POST', '/v2/app/blobs/uploads/'], ann), [202, undefined]);
  t.deepEqual(await without.use(scopes, ['GET', '/v2/app/tags/list']), [401, 'insufficient_scope']);
  t.is((JSON.parse((await without.get([], ann)).text) as Record<string, unknown>)['expires_in'], 600);
});

test('keys in files sign and verify, also those that only verify', async (t) => {
  const [first, second, third] = [privateKey(), privateKey('sec1'), privateKey()];
  const embedded = { key: ['first.pem', 'second.pem'] };
  const files = { 'first.pem': first, 'second.pem': second };
  const one = await withTokens(t, { embedded, files, http: { secret: 'short' } });
  const other = await withTokens(t, { embedded: { key: 'second.pem' }, files: { 'second.pem': second } });
  const stranger = await withTokens(t, { embedded: { key: 'third.pem' }, files: { 'third.pem': third } });
  const statusAt = async ({ registry }: Tokens, token: string): Promise<number> =>
    (await registry.ask('GET', '/v2/', { headers: { Authorization: `Bearer ${token}` } })).status;
  const keys = JSON.parse((await one.registry.ask('GET', '/auth/keys')).text) as { keys: Record<string, unknown>[] };
  t.is(keys.keys.length, 2);
  for (const key of keys.keys) t.deepEqual([key['crv'], key['alg'], key['d']], ['P-256', 'ES256', undefined]);
  t.is(await statusAt(one, tokenIn(await other.get([]))), 200);
  t.is(await statusAt(other, tokenIn(await one.get([]))), 401);
  t.is(await statusAt(one, tokenIn(await stranger.get([]))), 401);
});

function privateKey(type: 'pkcs8' | 'sec1' = 'pkcs8'): string {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type, format: 'pem' }).toString();
}
