import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { newToken } from '../../../../plugins/auth/personal/token-format.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { as, fieldsOf, usersIn, withAudit } from '../../../helpers/http/audited-registry.ts';
import { expectStatus } from '../../../helpers/http/with-registry.ts';
import { AUDIT_SINK } from '../../../helpers/plugins/audit-sink.ts';

const JSON_WEB_TOKEN = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl';
const RULES = [{ name: 'all', repositories: ['**'], authenticated: true, allow: ['push'] }];

test('an event sink that takes audit records gets them without any file, in one queue with its events', async (t) => {
  const folder = await tempRoot(t);
  const written = join(folder, 'sink.log');
  const { registry, file } = await withAudit(t, {
    folder,
    auth: await usersIn(folder, 'ann'),
    audit: { file: undefined, events: undefined },
    others: { plugins: [{ use: AUDIT_SINK, options: { file: written } }], authorization: { rules: RULES } },
  });
  const headers = as('ann');
  const path = (name: string): string =>
    `/v2/${name}/blobs/uploads/?digest=sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a`;
  expectStatus(await registry.ask('POST', path('bad'), { headers, body: '{}' }), 201);
  expectStatus(await registry.ask('POST', path('a'), { headers, body: '{}' }), 201);
  expectStatus(await registry.ask('DELETE', '/v2/a/manifests/v1', { headers }), 403);
  await registry.stop();
  t.is(
    await readFile(written, 'utf8'),
    'event push\nevent push\nrecord push allowed all\nrecord delete refused no rule\n',
  );
  t.false(existsSync(file));
});

test('neither an event sink nor the file gets more of a token than its id, wherever a client sends it', async (t) => {
  const folder = await tempRoot(t);
  const written = join(folder, 'sink.log');
  const { registry, file } = await withAudit(t, {
    folder,
    auth: await usersIn(folder, 'ann'),
    others: { plugins: [{ use: AUDIT_SINK, options: { file: written, whole: true } }] },
  });
  const { id, text } = newToken();
  const [, secret = ''] = text.split(`${id}_`);
  await registry.ask('GET', '/v2/', { headers: as(text) });
  await registry.ask('GET', '/v2/', { headers: as(JSON_WEB_TOKEN) });
  await registry.ask('DELETE', `/v2/a/manifests/${text}`, { headers: as('ann') });
  await registry.ask('PUT', `/v2/${text}/manifests/v1`, { headers: as('ann') });
  await registry.stop();
  for (const output of [written, file]) {
    const lines = await readFile(output, 'utf8');
    t.is(lines.trimEnd().split('\n').length, 4);
    t.false(lines.includes(secret) || lines.includes(JSON_WEB_TOKEN), output);
    for (const shown of [`"user":"stowage_pat_${id}"`, '"user":"eyJ…"', `"tag":"stowage_pat_${id}"`]) {
      t.true(lines.includes(shown), `${output}: ${shown}`);
    }
    t.true(lines.includes(`PUT /v2/stowage_pat_${id}/manifests/v1`), output);
  }
});

test('the token server records log-ins that fail by the name in header or form, and issued tokens when asked for', async (t) => {
  const folder = await tempRoot(t);
  const anonymous = { name: 'pulls', repositories: ['**'], anonymous: true, allow: ['pull'] };
  const { registry, recorded } = await withAudit(t, {
    folder,
    auth: await usersIn(folder, 'ann'),
    http: { secret: 'a secret that is long enough for tokens' },
    others: { authorization: { rules: [...RULES, anonymous] } },
  });
  const token = async (options: Parameters<typeof registry.ask>[2], query = '', method = 'GET'): Promise<string> => {
    const answer = await registry.ask(method, `/auth/token${query}`, options);
    return answer.status === 200 ? (JSON.parse(answer.text) as { token: string }).token : '';
  };
  await token({ headers: as('ann', 'wrong') });
  await token({ body: 'grant_type=password&username=eve&password=wrong' }, '', 'POST');
  await token({ body: 'grant_type=refresh_token&refresh_token=wrong' }, '', 'POST');
  const ofNobody = await token({}, '?scope=repository:a:pull,push');
  await token({ headers: as('ann') });
  const headers = { Authorization: `Bearer ${ofNobody}` };
  expectStatus(await registry.ask('POST', '/v2/a/blobs/uploads/', { headers }), 401);
  t.deepEqual(fieldsOf(await recorded(), 'action', 'outcome', 'status', 'user', 'rule', 'reason'), [
    { action: 'login', outcome: 'refused', status: 401, user: 'ann', reason: 'wrong password' },
    { action: 'login', outcome: 'refused', status: 401, user: 'eve', reason: 'the password file has no such user' },
    { action: 'login', outcome: 'refused', status: 400, reason: 'the refresh token is not valid: Invalid Compact JWS' },
    { action: 'token-issued', outcome: 'allowed', status: 200 },
    { action: 'token-issued', outcome: 'allowed', status: 200, user: 'ann' },
    ...[{ action: 'push', outcome: 'refused', status: 401, rule: 'no rule', reason: 'the token does not allow this' }],
  ]);
});
