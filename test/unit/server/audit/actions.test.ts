import test from 'ava';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { as, fieldsOf, usersIn, withAudit } from '../../../helpers/http/audited-registry.ts';
import {
  digestOf,
  expectStatus,
  imageManifest,
  locationOf,
  OCI_MANIFEST,
  withQuery,
} from '../../../helpers/http/with-registry.ts';

const EMPTY = digestOf('{}');

test('a push and a pull of an image are recorded: each blob and manifest with digest, user, address, status and rule', async (t) => {
  const folder = await tempRoot(t);
  const { registry, recorded } = await withAudit(t, {
    folder,
    auth: await usersIn(folder, 'ann'),
    others: {
      authorization: {
        groups: { writers: ['ann'] },
        rules: [{ name: 'writers push', repositories: ['team/**'], groups: ['writers'], allow: ['push'] }],
      },
    },
  });
  const headers = as('ann');
  const start = expectStatus(await registry.ask('POST', '/v2/team/app/blobs/uploads/', { headers }), 202);
  const put = withQuery(locationOf(start), { digest: EMPTY });
  expectStatus(await registry.ask('PUT', put, { headers, body: '{}' }), 201);
  const body = imageManifest('{}');
  const manifest = '/v2/team/app/manifests/v1';
  const pushed = await registry.ask('PUT', manifest, { headers: { ...headers, 'Content-Type': OCI_MANIFEST }, body });
  expectStatus(pushed, 201);
  expectStatus(await registry.ask('GET', manifest, { headers }), 200);
  expectStatus(await registry.ask('GET', `/v2/team/app/blobs/${EMPTY}`, { headers }), 200);
  const lines = await recorded();
  const digest = digestOf(body);
  const rule = 'writers push';
  t.deepEqual(fieldsOf(lines, 'action', 'outcome', 'status', 'repository', 'tag', 'digest', 'user', 'rule'), [
    ...[{ action: 'push', outcome: 'allowed', status: 201, repository: 'team/app', digest: EMPTY, user: 'ann', rule }],
    { action: 'push', outcome: 'allowed', status: 201, repository: 'team/app', tag: 'v1', digest, user: 'ann', rule },
    { action: 'pull', outcome: 'allowed', status: 200, repository: 'team/app', tag: 'v1', digest, user: 'ann', rule },
    { action: 'pull', outcome: 'allowed', status: 200, repository: 'team/app', digest: EMPTY, user: 'ann', rule },
  ]);
  const [, line] = lines;
  t.is(line?.['address'], '127.0.0.1');
  t.is(line?.['requestId'], pushed.headers['x-request-id']);
  t.is(typeof line?.['instance'], 'string');
  t.regex(String(line?.['time']), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
});

test('a tag that a push moves is recorded as overwritten, with both digests, and its deletion with the one it named', async (t) => {
  const { registry, recorded } = await withAudit(t);
  const first = await registry.pushImage('a', 'v1', 'one');
  const second = await registry.pushImage('a', 'v1', 'two');
  expectStatus(await registry.putManifest('a', 'v1', { body: imageManifest('two'), type: OCI_MANIFEST }), 201);
  expectStatus(await registry.ask('DELETE', '/v2/a/manifests/v1'), 202);
  expectStatus(await registry.ask('DELETE', `/v2/a/manifests/${first}`), 202);
  expectStatus(await registry.ask('DELETE', `/v2/a/blobs/${digestOf('one')}`), 202);
  const lines = (await recorded()).filter(({ tag, action }) => tag !== undefined || action === 'delete');
  t.deepEqual(fieldsOf(lines, 'action', 'tag', 'digest', 'replaced'), [
    { action: 'push', tag: 'v1', digest: first },
    { action: 'overwrite', tag: 'v1', digest: second, replaced: first },
    { action: 'push', tag: 'v1', digest: second },
    { action: 'delete', tag: 'v1', digest: second },
    { action: 'delete', digest: first },
    { action: 'delete', digest: digestOf('one') },
  ]);
});

test('a push of several tags is recorded once per tag, those that it moves as overwritten', async (t) => {
  const { registry, recorded } = await withAudit(t, { audit: { events: ['overwrite', 'push'] } });
  const first = await registry.pushImage('a', 'old', 'one');
  const body = imageManifest('one', '{}');
  const path = `/v2/a/manifests/${digestOf(body)}?tag=old&tag=new`;
  expectStatus(await registry.ask('PUT', path, { body, headers: { 'Content-Type': OCI_MANIFEST } }), 201);
  const lines = (await recorded()).filter(({ digest }) => digest === digestOf(body));
  t.deepEqual(
    fieldsOf(lines, 'action', 'tag', 'replaced').sort((a, b) => String(a['tag']).localeCompare(String(b['tag']))),
    [
      { action: 'push', tag: 'new' },
      { action: 'overwrite', tag: 'old', replaced: first },
    ],
  );
  t.is(new Set(lines.map(({ requestId }) => requestId)).size, 1);
});

test('a mount is recorded with its source; an upload that is cancelled, with its ID', async (t) => {
  const { registry, recorded } = await withAudit(t, { audit: { events: ['changes'] } });
  await registry.pushBlob('from/here', 'bytes');
  const digest = digestOf('bytes');
  expectStatus(await registry.ask('POST', `/v2/to/there/blobs/uploads/?mount=${digest}&from=from/here`), 201);
  const location = await registry.startUpload('a');
  expectStatus(await registry.ask('DELETE', location), 204);
  const [, ...lines] = await recorded();
  t.deepEqual(fieldsOf(lines, 'action', 'repository', 'fromRepository', 'digest', 'upload', 'status'), [
    { action: 'mount', repository: 'to/there', fromRepository: 'from/here', digest, status: 201 },
    { action: 'cancel', repository: 'a', upload: /uploads\/([^?]+)/.exec(location)?.[1], status: 204 },
  ]);
});

test('lists and log-ins are recorded when they are asked for', async (t) => {
  const folder = await tempRoot(t);
  const { registry, recorded } = await withAudit(t, {
    folder,
    auth: await usersIn(folder, 'ann'),
    audit: { events: ['list', 'login'] },
  });
  const headers = as('ann');
  await registry.ask('GET', '/v2/');
  await registry.ask('GET', '/v2/', { headers });
  await registry.ask('GET', '/v2/_catalog', { headers });
  await registry.ask('GET', '/v2/a/tags/list', { headers });
  await registry.ask('GET', `/v2/a/referrers/${EMPTY}`, { headers });
  t.deepEqual(fieldsOf(await recorded(), 'action', 'outcome', 'repository', 'digest', 'user'), [
    { action: 'login', outcome: 'allowed', user: 'ann' },
    { action: 'list', outcome: 'allowed', user: 'ann' },
    { action: 'list', outcome: 'failed', repository: 'a', user: 'ann' },
    { action: 'list', outcome: 'allowed', repository: 'a', digest: EMPTY, user: 'ann' },
  ]);
});

test('by default, changes and refusals are recorded, and neither pulls nor the steps of an upload', async (t) => {
  const { registry, recorded } = await withAudit(t, { audit: { events: undefined } });
  await registry.pushImage('a', 'v1');
  await registry.sendChunk(await registry.startUpload('a'), 'chunk');
  await registry.ask('GET', '/v2/a/manifests/v1');
  await registry.ask('GET', '/v2/a/manifests/none');
  await registry.ask('GET', '/v2/a/tags/list');
  await registry.ask('OPTIONS', '/v2/a/tags/list');
  await registry.putManifest('a', 'v2', { body: '{', type: OCI_MANIFEST });
  t.deepEqual(fieldsOf(await recorded(), 'action', 'outcome', 'status', 'error'), [
    { action: 'push', outcome: 'allowed', status: 201 },
    { action: 'push', outcome: 'allowed', status: 201 },
    { action: 'push', outcome: 'allowed', status: 201 },
    { action: 'push', outcome: 'failed', status: 400, error: 'MANIFEST_INVALID' },
  ]);
});

test('without log.audit there is no file, and no request has anything for it', async (t) => {
  const { registry, recorded } = await withAudit(t, { audit: { file: undefined, events: undefined } });
  await registry.pushImage('a', 'v1');
  t.deepEqual(await recorded(), []);
});
