import { once } from 'node:events';
import test from 'ava';
import type { AuditRecord } from '../../../../core/ports/audit-record.ts';
import { auditLine } from '../../../../server/audit/audit-line.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { as, auditLines, fieldsOf, usersIn, withAudit } from '../../../helpers/http/audited-registry.ts';
import { openRequest } from '../../../helpers/http/http-request.ts';
import { RawConnection } from '../../../helpers/http/raw-connection.ts';
import { digestOf, expectStatus, locationOf } from '../../../helpers/http/with-registry.ts';
import { until } from '../../../helpers/running/until.ts';

const MAX_LINE_BYTES = 32 * 1024;

/** Everything that a reader may take for the end of a line, or a terminal for a command. */
const FORGERY = 'x"}\n{"action"}\r\n\u2028\u2029\u0085\u0000\u001b[2J\u202e\u{e0001}\ud800';

test('a name of a user cannot forge a line, whatever characters it has, and is cut after 256', async (t) => {
  const folder = await tempRoot(t);
  const { registry, file, recorded } = await withAudit(t, { folder, auth: await usersIn(folder, 'ann') });
  await registry.ask('GET', '/v2/', { headers: as(FORGERY) });
  await registry.ask('GET', '/v2/', { headers: as('u'.repeat(20_000)) });
  const [first, second] = await recorded();
  // UTF-8 has no lone surrogate.
  t.is(first?.['user'], Buffer.from(FORGERY).toString());
  t.is(second?.['user'], `${'u'.repeat(256)}…`);
  t.is((await auditLines(file)).length, 2);
});

test('every text of a record is escaped and bounded: a line has at most 32 KiB, and no second one', (t) => {
  const text = '\u0000\u2028\ud800\u202e'.repeat(5000) as never;
  const names = ['user', 'address', 'certificate', 'fromRepository', 'upload', 'tokenId', 'rule', 'reason', 'request'];
  const long: Record<string, never> = Object.fromEntries(names.map((name) => [name, text]));
  const record: AuditRecord = {
    ...{ at: new Date(0), instance: text, requestId: text, action: 'push', outcome: 'refused', status: 403 },
    ...{ ...long, address: '::1' },
    groups: Array.from({ length: 5000 }, () => text),
  };
  const line = auditLine(record);
  t.true(Buffer.byteLength(line) <= MAX_LINE_BYTES, `${Buffer.byteLength(line)} bytes`);
  t.regex(line, /^[^\p{Cc}\p{Cf}\u2028\u2029]*\n$/u);
  t.is((JSON.parse(line) as Record<string, unknown>)['time'], '1970-01-01T00:00:00.000Z');
});

test('a path that names no repository is recorded as it was sent, and not as a repository', async (t) => {
  const { registry, recorded } = await withAudit(t);
  await registry.ask('PUT', '/v2/UPPER%22/manifests/v1');
  t.deepEqual(fieldsOf(await recorded(), 'action', 'outcome', 'repository', 'error', 'request'), [
    { action: 'push', outcome: 'failed', error: 'NAME_INVALID', request: 'PUT /v2/UPPER%22/manifests/v1' },
  ]);
});

test('queries are not recorded: they contain upload tokens', async (t) => {
  const { registry, file, recorded } = await withAudit(t);
  const location = await registry.startUpload('a');
  await registry.finishUpload(location, digestOf('other'), { body: 'bytes' });
  t.deepEqual(fieldsOf(await recorded(), 'action', 'outcome', 'error'), [
    { action: 'push', outcome: 'failed', error: 'DIGEST_INVALID' },
  ]);
  t.false(JSON.stringify(await auditLines(file)).includes('_state'));
});

test('an upload whose client goes away is recorded as failed with status 499', async (t) => {
  const { registry, file } = await withAudit(t);
  const start = expectStatus(await registry.ask('POST', '/v2/a/blobs/uploads/'), 202);
  const headers = { 'Content-Length': 1000, Expect: '100-continue' };
  const request = openRequest(registry, 'PATCH', locationOf(start), { headers });
  request.on('error', () => undefined).flushHeaders();
  // The registry reads the body now.
  await once(request, 'continue');
  request.destroy();
  const line = await until('it is recorded', async () =>
    (await auditLines(file)).find(({ request: sent }) => String(sent).startsWith('PATCH')),
  );
  t.deepEqual(fieldsOf([line], 'action', 'outcome', 'status', 'repository'), [
    { action: 'push', outcome: 'failed', status: 499, repository: 'a' },
  ]);
});

test('a client that leaves after its request does not hide what the request has changed', async (t) => {
  const { registry, file } = await withAudit(t, { audit: { events: ['delete', 'push'] } });
  const digest = await registry.pushImage('a', 'v1');
  const connection = await RawConnection.open(t, registry);
  connection.sendHead(`DELETE /v2/a/manifests/${digest} HTTP/1.1`);
  connection.socket.destroy();
  const line = await until('it is recorded', async () =>
    (await auditLines(file)).find(({ action }) => action === 'delete'),
  );
  const isGone = (await registry.ask('GET', `/v2/a/manifests/${digest}`)).status === 404;
  t.is(line['outcome'], isGone ? 'allowed' : 'failed');
});
