import test from 'ava';
import type { RemoteUploadState } from '../../../../client/index.ts';
import { digestOf } from '../../../../core/digest/digest.ts';
import { parseRepositoryName, parseUploadId } from '../../../../core/model/reference.ts';
import { UploadRangeError } from '../../../../core/model/upload-state.ts';
import { bodyOf, openRemote } from '../../../helpers/client/open-remote.ts';
import { answer, ScriptedServer } from '../../../helpers/client/scripted-server.ts';
import { withRegistry } from '../../../helpers/http/with-registry.ts';

const NAME = parseRepositoryName('team/app');
const OTHER = parseRepositoryName('team/other');
const BYTES = Buffer.alloc(300_000, 'one layer ');
const DIGEST = digestOf(BYTES);

test('a blob is uploaded in chunks, found, read whole and in parts, and removed', async (t) => {
  const remote = openRemote(t, (await withRegistry(t)).address);
  t.false(await remote.layers.exists(NAME, DIGEST));
  await using upload = await remote.layers.upload(NAME);
  await upload.append({ body: bodyOf(BYTES.subarray(0, 1000)), range: { start: 0, end: 1000 } });
  t.is(upload.size, 1000);
  await upload.append({ body: bodyOf(BYTES.subarray(1000)) });
  t.is(upload.size, BYTES.length);
  t.is((await upload.finish(DIGEST)).size, BYTES.length);

  t.true(await remote.layers.exists(NAME, DIGEST));
  const layer = await remote.layers.fetch(NAME, DIGEST);
  t.is(layer.descriptor.size, BYTES.length);
  t.deepEqual(Buffer.concat(await (await layer.open()).toArray()), BYTES);
  t.deepEqual(Buffer.concat(await (await layer.openUnverified()).toArray()), BYTES);
  const part = await layer.open({ start: 5, end: 9 });
  t.deepEqual(Buffer.concat(await part.toArray()), BYTES.subarray(5, 9));
  t.deepEqual(await (await layer.open({ start: BYTES.length })).toArray(), []);

  await remote.layers.delete(NAME, DIGEST);
  await t.throwsAsync(remote.layers.fetch(NAME, DIGEST), { code: 'BLOB_UNKNOWN' });
  await t.throwsAsync(remote.layers.known(NAME, layer.descriptor).open(), { code: 'BLOB_UNKNOWN' });
});

test('a reader of a blob seeks', async (t) => {
  const server = await withRegistry(t);
  await server.pushBlob(NAME, BYTES);
  const remote = openRemote(t, server.address);
  await using reader = await (await remote.layers.fetch(NAME, DIGEST)).reader();
  const target = Buffer.alloc(10);
  t.is(await reader.seek(-10, 'end'), BYTES.length - 10);
  t.is(await reader.read(target), 10);
  t.deepEqual(target, BYTES.subarray(-10));
  t.is(await reader.read(target), 0);
  t.is(await reader.seek(3), 3);
  t.is(await reader.read(target.subarray(0, 4)), 4);
  t.deepEqual(target.subarray(0, 4), BYTES.subarray(3, 7));
  t.is(reader.offset, 7);
  await reader.seek(0);
  const all = Buffer.alloc(BYTES.length);
  t.is(await reader.read(all), BYTES.length);
  t.deepEqual(all, BYTES);
});

test('the last bytes and the digest go in one request', async (t) => {
  const remote = openRemote(t, (await withRegistry(t)).address);
  await using whole = await remote.layers.upload(NAME);
  const body = { body: bodyOf(BYTES), range: { start: 0, end: BYTES.length } };
  t.is((await whole.finishWith(body, DIGEST)).size, BYTES.length);
  t.true(await remote.layers.exists(NAME, DIGEST));

  await using upload = await remote.layers.upload(NAME);
  await upload.append({ body: bodyOf('ab'), range: { start: 0, end: 2 } });
  await upload.finishWith({ body: bodyOf('c'), range: { start: 2, end: 3 } }, digestOf(Buffer.from('abc')));
  t.true(await remote.layers.exists(NAME, digestOf(Buffer.from('abc'))));
});

test('what an upload says is written down resumes it from another client', async (t) => {
  const { address } = await withRegistry(t);
  const upload = await openRemote(t, address).layers.upload(NAME);
  await upload.append({ body: bodyOf('abc'), range: { start: 0, end: 3 } });
  const kept = JSON.stringify(await upload.close());

  const { uuid, location, offset } = JSON.parse(kept) as Omit<RemoteUploadState, 'startedAt'>;
  t.is(offset, 3);
  const { layers } = openRemote(t, address);
  t.is((await layers.status(NAME, { uuid, location })).offset, 3);
  await t.throwsAsync(layers.resume(NAME, { uuid, location, offset: 1 }), { instanceOf: UploadRangeError });
  await using resumed = await layers.resume(NAME, { uuid, location, offset });
  await resumed.append({ body: bodyOf('d'), range: { start: 3, end: 4 } });
  const digest = digestOf(Buffer.from('abcd'));
  t.is((await resumed.finish(digest)).digest, digest);

  const again = await layers.resumeToFinish(NAME, { uuid, location, offset: 4, digest });
  t.is((await again.finish(digest)).size, 4);
  await t.throwsAsync(layers.resume(NAME, { uuid, location }), { code: 'BLOB_UPLOAD_UNKNOWN' });
  await t.throwsAsync(layers.status(NAME, { uuid: parseUploadId('none') }), { code: 'BLOB_UPLOAD_UNKNOWN' });
});

test('a chunk that does not continue the upload says how far it is, whoever notices', async (t) => {
  const { address } = await withRegistry(t);
  const { layers } = openRemote(t, address);
  await using upload = await layers.upload(NAME);
  await t.throwsAsync(upload.append({ body: bodyOf('x'), range: { start: 5, end: 6 } }), { code: 'RANGE_INVALID' });
  const { uuid, location } = upload.state;
  await upload.append({ body: bodyOf('abc'), range: { start: 0, end: 3 } });

  // Another client that thinks that the upload is empty.
  await using stale = await openRemote(t, address).layers.resume(NAME, { uuid, location: upload.state.location });
  await upload.append({ body: bodyOf('d') });
  const error = await t.throwsAsync(stale.append({ body: bodyOf('xy'), range: { start: 3, end: 5 } }), {
    instanceOf: UploadRangeError,
  });
  t.is(error.state.offset, 4);
  t.is(stale.size, 4);
  t.truthy(location);
});

test('an upload whose bytes are not those of the digest is refused', async (t) => {
  const { layers } = openRemote(t, (await withRegistry(t)).address);
  await using upload = await layers.upload(NAME);
  await upload.append({ body: bodyOf('abc') });
  await t.throwsAsync(upload.finish(DIGEST), { code: 'DIGEST_INVALID' });
});

test('a body that is not as long as its range is refused, and what came is kept', async (t) => {
  const { layers } = openRemote(t, (await withRegistry(t)).address);
  await using upload = await layers.upload(NAME);
  await upload.append({ body: bodyOf('abc') });
  const short = upload.append({ body: bodyOf('de'), range: { start: 3, end: 9 } });
  await t.throwsAsync(short, { code: 'SIZE_INVALID' });
  t.true((await upload.close()).offset <= 5);
});

test('the error of a body is the error of the call, and the registry is asked what came', async (t) => {
  const { layers } = openRemote(t, (await withRegistry(t)).address);
  await using upload = await layers.upload(NAME);
  await upload.append({ body: bodyOf('abc') });
  const broken = new Error('the disk broke');
  async function* body() {
    yield Buffer.from('def');
    throw broken;
  }
  t.is(await t.throwsAsync(upload.append({ body: body() })), broken);
  const { offset } = await upload.close();
  t.true(offset === 3 || offset === 6, `${offset} bytes`);
});

test('a cancelled upload is gone, and one that is not resumable goes when it is closed', async (t) => {
  const { layers } = openRemote(t, (await withRegistry(t)).address);
  const cancelled = await layers.upload(NAME);
  await cancelled.append({ body: bodyOf('abc') });
  await cancelled.cancel();
  await t.throwsAsync(layers.status(NAME, cancelled.state), { code: 'BLOB_UPLOAD_UNKNOWN' });
  const closed = await layers.upload(NAME, { resumable: false });
  await closed.append({ body: bodyOf('abc') });
  await closed.close();
  await t.throwsAsync(layers.status(NAME, closed.state), { code: 'BLOB_UPLOAD_UNKNOWN' });
});

test('a blob of another repository is mounted, and one that it lacks is not', async (t) => {
  const server = await withRegistry(t);
  await server.pushBlob(OTHER, BYTES);
  const { layers } = openRemote(t, server.address);
  t.is((await layers.mount(NAME, DIGEST, OTHER))?.size, BYTES.length);
  t.true(await layers.exists(NAME, DIGEST));
  t.is(await layers.mount(NAME, digestOf(Buffer.from('no blob')), OTHER), undefined);
});

test('aborting ends a mount that was refused, also while the upload in its place is removed', async (t) => {
  const abort = new AbortController();
  const reason = new Error('enough');
  const server = await ScriptedServer.start(t, (request, response) => {
    if (request.method === 'POST') answer(response, 202, '', { Location: '/v2/team/app/blobs/uploads/1' });
    else abort.abort(reason);
  });
  const mount = openRemote(t, server.address).layers.mount(NAME, DIGEST, OTHER, { signal: abort.signal });
  t.is(await t.throwsAsync(mount), reason);
  t.is(server.asked.at(-1), 'DELETE /v2/team/app/blobs/uploads/1');
});

test('aborting ends an upload and a read at once, with the reason', async (t) => {
  const server = await withRegistry(t);
  await server.pushBlob(NAME, Buffer.alloc(20_000_000));
  const { layers } = openRemote(t, server.address);
  const reason = new Error('enough');
  const pushing = new AbortController();
  const upload = await layers.upload(NAME);
  async function* endless() {
    yield Buffer.from('abc');
    pushing.abort(reason);
    await new Promise((_, reject) => pushing.signal.addEventListener('abort', reject, { once: true }));
  }
  t.is(await t.throwsAsync(upload.append({ body: endless() }, { signal: pushing.signal })), reason);

  const reading = new AbortController();
  const layer = await layers.fetch(NAME, digestOf(Buffer.alloc(20_000_000)));
  const stream = await layer.open({ signal: reading.signal });
  const read = t.throwsAsync(stream.toArray());
  reading.abort(reason);
  t.is(await read, reason);
  t.is(await t.throwsAsync(layers.exists(NAME, DIGEST, { signal: reading.signal })), reason);
});
