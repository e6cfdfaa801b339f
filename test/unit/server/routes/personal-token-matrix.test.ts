import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { bearer } from '../../../helpers/auth/token-signer.ts';
import { basic } from '../../plugins/auth/htpasswd/fixture-passwords.ts';
import { CASES, NEEDS } from './access-cases.ts';
import { AS_ANN, AS_BOB, type TokenFields, withPersonalTokens } from './with-personal-tokens.ts';

const TOKENS: Readonly<Record<string, readonly [wanted: Readonly<Record<string, unknown>>, may: readonly string[]]>> = {
  'without a limit': [{}, ['any user', 'catalog', 'pull', 'push', 'delete', 'administrator', 'administrator of app']],
  'that pulls': [{ actions: ['pull'] }, ['any user', 'catalog', 'pull']],
  'that pushes': [{ actions: ['push'] }, ['any user', 'catalog', 'pull', 'push']],
  'that deletes': [{ actions: ['delete'] }, ['any user', 'catalog', 'delete']],
  'for this repository': [
    { repositories: ['app'] },
    ['any user', 'catalog', 'pull', 'push', 'delete', 'administrator of app'],
  ],
  'for repositories below': [{ repositories: ['app/**'] }, ['any user', 'catalog']],
};

test('every route answers each personal access token as it deserves, and no refresh token', async (t) => {
  const storage = { filesystem: {}, delete: { enabled: true } };
  const { registry, send, create } = await withPersonalTokens(t, { storage });
  const asToken = ({ token }: TokenFields): string => basic('ann', String(token));
  const tokens: { what: string; may: readonly string[]; authorization: string }[] = [];
  for (const [what, [wanted, may]] of Object.entries(TOKENS)) {
    tokens.push({ what, may, authorization: asToken(await create(AS_ANN, wanted)) });
  }
  const revoked = await create(AS_ANN);
  await send('DELETE', `/auth/tokens/${String(revoked['id'])}`, AS_ANN);
  const expired = await create(AS_ANN);
  await expire(join(registry.root, 'docker/registry/v2/_auth/tokens'), String(expired['id']));
  const answer = await send('GET', '/auth/token?offline_token=true', AS_ANN);
  const { refresh_token: refresh = '' } = JSON.parse(answer.text) as Record<string, string>;
  const wrong = {
    'a revoked token': asToken(revoked),
    'an expired token': asToken(expired),
    'the token of another user': asToken(await create(AS_BOB)),
    'a refresh token': bearer(refresh),
    'a refresh token as password': basic('ann', refresh),
  };
  for (const { title, method, path } of CASES) {
    const needs = NEEDS[title] ?? '';
    for (const { what, may, authorization } of tokens) {
      const { status } = await send(method, path, authorization);
      if (may.includes(needs)) t.false([401, 403].includes(status), `${title} with a token ${what}: ${status}`);
      else t.is(status, 403, `${title} with a token ${what}`);
    }
    for (const [what, authorization] of Object.entries(wrong)) {
      t.is((await send(method, path, authorization)).status, 401, `${title} with ${what}`);
    }
  }
});

/** Changes a stored token, which no process has read yet. */
async function expire(folder: string, id: string): Promise<void> {
  const [user = ''] = await readdir(folder);
  const file = join(folder, user, id, 'token');
  const token = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
  await writeFile(file, JSON.stringify({ ...token, expires: new Date(Date.now() - 1000).toISOString() }));
}
