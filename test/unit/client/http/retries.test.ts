import test from 'ava';
import { Backoff } from '../../../../client/http/backoff.ts';
import { retryAfterMs } from '../../../../client/http/retry-after.ts';
import { RemoteError, TransferError } from '../../../../client/index.ts';
import { digestOf } from '../../../../core/digest/digest.ts';
import { parseReference, parseRepositoryName } from '../../../../core/model/reference.ts';
import { bodyOf, openRemote } from '../../../helpers/client/open-remote.ts';
import { answer, ScriptedServer } from '../../../helpers/client/scripted-server.ts';
import { withRegistry } from '../../../helpers/http/with-registry.ts';
import { CuttableProxy } from '../../../helpers/processes/cuttable-proxy.ts';

const NAME = parseRepositoryName('team/app');
const BYTES = Buffer.from('abc');
const DIGEST = digestOf(BYTES);
const UPLOAD = '/v2/team/app/blobs/uploads/1?_state=a%2Bb';

test('Retry-After is read as seconds or as a date', (t) => {
  const now = new Date('2026-11-29T12:00:00Z');
  t.is(retryAfterMs('120', now), 120_000);
  t.is(retryAfterMs('Sun, 29 Nov 2026 12:00:30 GMT', now), 30_000);
  t.is(retryAfterMs('Sun, 29 Nov 2026 11:00:00 GMT', now), 0);
  for (const header of [undefined, '', 'soon', '-1', '9'.repeat(20)]) t.is(retryAfterMs(header, now), undefined);
});

test('waits grow, differ between clients, heed what the server asks for and have a limit', (t) => {
  const options = { baseDelayMs: 100, maxDelayMs: 1000 };
  const longest = new Backoff(options, () => 1);
  t.deepEqual(
    [1, 2, 3, 9].map((attempt) => longest.delayMs(attempt)),
    [100, 200, 400, 1000],
  );
  const shortest = new Backoff(options, () => 0);
  t.is(shortest.delayMs(3), 0);
  t.is(shortest.delayMs(1, 700), 700);
  t.is(longest.delayMs(1, 700), 800);
  t.is(longest.delayMs(1, 5000), 1000);
});

test('a request that is safe to repeat gets through a storm of failures', async (t) => {
  const storm = [503, 429, 500, 502];
  const server = await ScriptedServer.start(t, (_, response) => answer(response, storm.shift() ?? 200, 'abc'));
  const { layers } = openRemote(t, server.address);
  t.true(await layers.exists(NAME, DIGEST));
  t.is(server.seen.length, 5);
});

test('after the last attempt the answer is the error, with what the server asks for', async (t) => {
  const body = { errors: [{ code: 'TOOMANYREQUESTS', message: 'slow down', detail: { limit: 5 } }] };
  const server = await ScriptedServer.start(t, (_, response) => answer(response, 429, body, { 'Retry-After': '0' }));
  const { tags } = openRemote(t, server.address, { retries: { attempts: 3, baseDelayMs: 1 } });
  const error = await t.throwsAsync(tags.list(NAME, { limit: 1, after: undefined }), { instanceOf: RemoteError });
  t.like(error, { status: 429, code: 'TOOMANYREQUESTS', isTransient: true, retryAfterMs: 0, detail: { limit: 5 } });
  t.is(server.seen.length, 3);
});

test('a wait that is longer than the client waits for ends the call', async (t) => {
  const server = await ScriptedServer.start(t, (_, response) => answer(response, 503, {}, { 'Retry-After': '3600' }));
  const { tags } = openRemote(t, server.address);
  const error = await t.throwsAsync(tags.list(NAME, { limit: 1, after: undefined }), { instanceOf: RemoteError });
  t.is(error.retryAfterMs, 3_600_000);
  t.is(server.seen.length, 1);
});

test('a wait is aborted at once', async (t) => {
  const abort = new AbortController();
  const reason = new Error('enough');
  const server = await ScriptedServer.start(t, (_, response) => {
    answer(response, 503, {}, { 'Retry-After': '30' });
    setImmediate(() => abort.abort(reason));
  });
  const { layers } = openRemote(t, server.address);
  t.is(await t.throwsAsync(layers.exists(NAME, DIGEST, { signal: abort.signal })), reason);
});

test('a connection that breaks before the answer is tried again', async (t) => {
  let broken = 2;
  const server = await ScriptedServer.start(t, (request, response) =>
    broken-- > 0 ? request.socket.destroy() : answer(response, 200, 'abc'),
  );
  t.true(await openRemote(t, server.address).layers.exists(NAME, DIGEST));
});

test('a host that never answered is an error at once, and one that is starting again is waited for', async (t) => {
  const nobody = openRemote(t, 'http://127.0.0.1:1', { retries: { baseDelayMs: 60_000 } });
  const error = await t.throwsAsync(nobody.layers.exists(NAME, DIGEST), { instanceOf: TransferError });
  t.like(error, { reason: 'refused', code: 'UNAVAILABLE', isTransient: true });

  const server = await withRegistry(t);
  const proxy = await CuttableProxy.start(t, Number(new URL(server.address).port));
  const { layers } = openRemote(t, `http://127.0.0.1:${proxy.port}`, { retries: { attempts: 50, baseDelayMs: 20 } });
  t.false(await layers.exists(NAME, DIGEST));
  proxy.cut();
  const waiting = layers.exists(NAME, DIGEST);
  await proxy.mend();
  t.false(await waiting);
});

test('a request with streamed bytes is sent once, also when it could be tried again', async (t) => {
  const server = await ScriptedServer.start(t, (request, response) => {
    request.resume();
    return request.method === 'POST'
      ? answer(response, 202, '', { Location: UPLOAD })
      : answer(response, 503, {}, { 'Retry-After': '0' });
  });
  const upload = await openRemote(t, server.address).layers.upload(NAME);
  await t.throwsAsync(upload.append({ body: bodyOf(BYTES) }), { instanceOf: RemoteError, code: 'UNAVAILABLE' });
  t.deepEqual(server.asked, ['POST /v2/team/app/blobs/uploads/', `PATCH ${UPLOAD}`]);
});

test('a finished upload whose answer was lost is found by its digest', async (t) => {
  let isFinished = false;
  const server = await ScriptedServer.start(t, (request, response) => {
    request.resume();
    if (request.method === 'POST') return answer(response, 202, '', { Location: UPLOAD });
    if (request.method === 'HEAD') return answer(response, 200, 'abc');
    if (isFinished) return answer(response, 404, { errors: [{ code: 'BLOB_UPLOAD_UNKNOWN' }] });
    isFinished = true;
    return request.socket.destroy();
  });
  const upload = await openRemote(t, server.address).layers.upload(NAME);
  t.like(await upload.finish(DIGEST), { digest: DIGEST, size: 3 });
  t.is(server.asked[1], `PUT ${UPLOAD}&digest=${encodeURIComponent(DIGEST)}`);
});

test('a delete whose answer was lost has done its work, and a first one that finds nothing has not', async (t) => {
  let broken = 1;
  const server = await ScriptedServer.start(t, (request, response) =>
    broken-- > 0 ? request.socket.destroy() : answer(response, 404),
  );
  const { manifests } = openRemote(t, server.address);
  await manifests.delete(NAME, parseReference('v1'));
  await t.throwsAsync(manifests.delete(NAME, parseReference('v1')), { code: 'MANIFEST_UNKNOWN' });
});
