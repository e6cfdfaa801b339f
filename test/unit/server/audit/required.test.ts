import { mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import test from 'ava';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { assertError } from '../../../helpers/http/assert-error.ts';
import { as, fieldsOf, usersIn, withAudit } from '../../../helpers/http/audited-registry.ts';
import type { Answer } from '../../../helpers/http/http-request.ts';
import { expectStatus } from '../../../helpers/http/with-registry.ts';

test('where the audit log is required, nothing changes while it cannot be written, and pulls go on', async (t) => {
  const file = join(await tempRoot(t), 'logs', 'audit.log');
  await mkdir(dirname(file));
  const { registry } = await withAudit(t, { audit: { file, events: undefined, required: true } });
  await registry.pushImage('a', 'v1');
  await rm(dirname(file), { recursive: true });
  const refused = await registry.ask('DELETE', '/v2/a/manifests/v1');
  assertError(t, refused, 503, 'UNAVAILABLE');
  t.is(refused.headers['retry-after'], '10');
  t.regex(refused.text, /the audit log cannot be written/);
  assertError(t, await registry.ask('POST', '/v2/a/blobs/uploads/'), 503, 'UNAVAILABLE');
  expectStatus(await registry.ask('GET', '/v2/a/manifests/v1'), 200);
  await mkdir(dirname(file));
  expectStatus(await registry.ask('DELETE', '/v2/a/manifests/v1'), 202);
  await registry.stop();
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
  t.deepEqual(
    fieldsOf(
      lines.map((line) => JSON.parse(line) as Record<string, unknown>),
      ...['action', 'outcome', 'status', 'error'],
    ),
    [
      { action: 'delete', outcome: 'failed', status: 503, error: 'UNAVAILABLE' },
      { action: 'push', outcome: 'failed', status: 503, error: 'UNAVAILABLE' },
      { action: 'delete', outcome: 'allowed', status: 202 },
    ],
  );
});

test('where it is not required, changes go on while it cannot be written, and their records follow', async (t) => {
  const file = join(await tempRoot(t), 'logs', 'audit.log');
  await mkdir(dirname(file));
  const { registry } = await withAudit(t, { audit: { file, events: ['delete'] } });
  await registry.pushImage('a', 'v1');
  await rm(dirname(file), { recursive: true });
  expectStatus(await registry.ask('DELETE', '/v2/a/manifests/v1'), 202);
  await mkdir(dirname(file));
  await registry.stop();
  t.regex(await readFile(file, 'utf8'), /"action":"delete","outcome":"allowed"/);
});

test('where it is required, no personal access token is created that could not be recorded, and any can be revoked', async (t) => {
  const folder = await tempRoot(t);
  const file = join(folder, 'logs', 'audit.log');
  await mkdir(dirname(file));
  const audit = { file, events: undefined, required: true };
  const { registry } = await withAudit(t, { folder, audit, auth: await usersIn(folder, 'ann') });
  const headers = { ...as('ann'), 'Content-Type': 'application/json' };
  const create = (): Promise<Answer> => registry.ask('POST', '/auth/tokens', { headers, body: '{"name":"ci"}' });
  const { id } = JSON.parse((await create()).text) as { id: string };
  await rm(dirname(file), { recursive: true });
  const refused = await create();
  assertError(t, refused, 503, 'UNAVAILABLE');
  t.is(refused.headers['retry-after'], '10');
  expectStatus(await registry.ask('DELETE', `/auth/tokens/${id}`, { headers }), 204);
});
