import test, { type ExecutionContext } from 'ava';
import { RemoteError, type RemoteRegistry, TransferError } from '../../../../client/index.ts';
import { type Digest, digestOf } from '../../../../core/digest/digest.ts';
import { parseReference, parseRepositoryName } from '../../../../core/model/reference.ts';
import { UploadRangeError } from '../../../../core/model/upload-state.ts';
import { FaultProxy } from '../../../helpers/client/fault-proxy.ts';
import { bodyOf, openRemote } from '../../../helpers/client/open-remote.ts';
import { digestOf as digestText, type Registry, withRegistry } from '../../../helpers/http/with-registry.ts';
import { until } from '../../../helpers/running/until.ts';

const NAME = parseRepositoryName('team/app');
const BYTES = Buffer.from(Array.from({ length: 300_000 }, (_, at) => (at * 7) % 251));
const DIGEST = digestOf(BYTES);
const WRONG = Buffer.from(BYTES.toReversed());
const ALL = { limit: Number.POSITIVE_INFINITY, after: undefined };
const isBlob = (method: string, url: string): boolean => method === 'GET' && url.includes('/blobs/sha256');
const isManifest = (_: string, url: string): boolean => url.includes('/manifests/');

interface Faulty {
  readonly server: Registry;
  readonly proxy: FaultProxy;
  readonly remote: RemoteRegistry;
}

/** A real registry with one blob, behind a proxy that can break what it says. */
async function faulty(t: ExecutionContext): Promise<Faulty> {
  const server = await withRegistry(t);
  await server.pushBlob(NAME, BYTES);
  const proxy = await FaultProxy.start(t, server.address);
  return { server, proxy, remote: openRemote(t, proxy.address) };
}

/** Reads all that a blob gives, and the error with which it ends. */
async function readBlob({ layers }: RemoteRegistry): Promise<{ bytes: Buffer; error: unknown }> {
  const chunks: Buffer[] = [];
  try {
    const stream = await layers.known(NAME, { mediaType: '', digest: DIGEST, size: BYTES.length }).open();
    for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
  } catch (error) {
    return { bytes: Buffer.concat(chunks), error };
  }
  return { bytes: Buffer.concat(chunks), error: undefined };
}

function reasonOf(error: unknown): string {
  return error instanceof TransferError ? error.reason : String(error);
}

test('wrong bytes of a blob never come whole, though the registry gives their digest', async (t) => {
  const { proxy, remote } = await faulty(t);
  const claimed = { 'docker-content-digest': DIGEST };
  for (const given of [claimed, { 'docker-content-digest': digestOf(WRONG) }]) {
    proxy.inject({ on: isBlob, body: () => WRONG, headers: (headers) => ({ ...headers, ...given }) });
    const { bytes, error } = await readBlob(remote);
    t.is(reasonOf(error), 'wrong-digest');
    t.true(bytes.length < BYTES.length);
  }
});

test('a blob of another length than it should have is refused, whatever its Content-Length says', async (t) => {
  const { proxy, remote } = await faulty(t);
  for (const length of [BYTES.length - 1, BYTES.length + 1]) {
    const body = Buffer.alloc(length, BYTES);
    proxy.inject({
      on: isBlob,
      body: () => body,
      headers: (headers) => ({ ...headers, 'content-length': String(length) }),
    });
    t.is(reasonOf((await readBlob(remote)).error), 'wrong-size');
  }
  // Without Content-Length, too long: the blob is whole, and what follows it is not read.
  const longer = Buffer.concat([BYTES, BYTES]);
  proxy.inject({ on: isBlob, body: () => longer, headers: (headers) => ({ ...headers, 'content-length': undefined }) });
  t.deepEqual(await readBlob(remote), { bytes: BYTES, error: undefined });
});

test('a read goes on where its connection breaks, as long as bytes come', async (t) => {
  const { proxy, remote } = await faulty(t);
  proxy.inject({ on: isBlob, cutAnswerAfter: 20_000 });
  t.deepEqual(await readBlob(remote), { bytes: BYTES, error: undefined });
  t.true(proxy.asked.length >= 15, `${proxy.asked.length} requests`);
});

test('a read goes on at a registry that gives no ranges', async (t) => {
  const { proxy, remote } = await faulty(t);
  proxy.inject({ on: isBlob, times: 1, cutAnswerAfter: 100_000 }, { on: isBlob, hidesRange: true });
  t.deepEqual(await readBlob(remote), { bytes: BYTES, error: undefined });
});

test('a read without a single byte ends in an error, and one that a storm interrupts goes on', async (t) => {
  const { proxy, remote } = await faulty(t);
  proxy.inject({ on: isBlob, cutAnswerAfter: 0 });
  t.is(reasonOf((await readBlob(remote)).error), 'cut');
  t.true(proxy.asked.length < 60, `${proxy.asked.length} requests`);
  const storm = { on: isBlob, times: 3, answer: { status: 503, headers: { 'Retry-After': '0' } } };
  proxy.inject({ on: isBlob, times: 1, cutAnswerAfter: 50_000 }, storm, { on: isBlob, times: 1, cutAnswerAfter: 9 });
  t.deepEqual(await readBlob(remote), { bytes: BYTES, error: undefined });
});

test('a read that brings a single byte for each request ends in an error for good', async (t) => {
  const { proxy, remote } = await faulty(t);
  proxy.inject({ on: isBlob, cutAnswerAfter: 1 });
  const { error } = await readBlob(remote);
  t.is(reasonOf(error), 'cut');
  t.false((error as TransferError).isTransient);
  t.true(proxy.asked.length <= 100, `${proxy.asked.length} requests`);
});

test('bytes that change between two parts of a read are noticed', async (t) => {
  const { proxy, remote } = await faulty(t);
  proxy.inject(
    { on: isBlob, times: 1, cutAnswerAfter: 100_000 },
    { on: isBlob, body: (bytes) => Buffer.alloc(bytes.length) },
  );
  const { bytes, error } = await readBlob(remote);
  t.is(reasonOf(error), 'wrong-digest');
  t.true(bytes.length < BYTES.length);
});

test('a part from another place than was asked for is refused', async (t) => {
  const { proxy, remote } = await faulty(t);
  const shifted = (headers: object) => ({ ...headers, 'content-range': `bytes 99999-299999/300000` });
  proxy.inject({ on: isBlob, times: 1, cutAnswerAfter: 100_000 }, { on: isBlob, headers: shifted });
  t.is(reasonOf((await readBlob(remote)).error), 'wrong-size');
});

test('an upload whose connection is cut at every few kilobytes arrives', async (t) => {
  const { proxy, server } = await faulty(t);
  const { layers } = openRemote(t, proxy.address);
  const other = parseRepositoryName('other');
  proxy.inject({ on: (method) => method === 'PATCH', cutRequestAfter: 64_000 });
  let upload = await layers.upload(other);
  for (let attempts = 0; upload.size < BYTES.length; attempts++) {
    t.true(attempts < 100, 'it gets further');
    const { size, state } = upload;
    const chunk = { body: bodyOf(BYTES.subarray(size)), range: { start: size, end: BYTES.length } };
    const outcome = await upload.append(chunk).then(
      () => 'done',
      (error: unknown) => (error instanceof UploadRangeError ? 'further' : reasonOf(error)),
    );
    // The registry notices the end of a connection a little later, and may have stored more by then.
    t.true(['done', 'cut', 'further'].includes(outcome), outcome);
    if (outcome === 'done') break;
    upload = await until('the end of the request', () =>
      layers.resume(other, { uuid: state.uuid, location: state.location }).catch(() => undefined),
    );
  }
  t.is((await upload.finish(DIGEST)).size, BYTES.length);
  t.deepEqual((await server.ask('GET', `/v2/other/blobs/${DIGEST}`)).body, BYTES);
});

test('a chunk that is refused early is answered by the error of the registry', async (t) => {
  const { proxy, remote } = await faulty(t);
  const upload = await remote.layers.upload(NAME);
  const body = '{"errors":[{"code":"DENIED","message":"too much"}]}';
  proxy.inject({ on: (method) => method === 'PATCH', answer: { status: 413, body } });
  const error = await t.throwsAsync(upload.append({ body: bodyOf(BYTES, BYTES, BYTES) }), { instanceOf: RemoteError });
  t.like(error, { status: 413, code: 'DENIED' });
  proxy.inject({ on: (method) => method === 'PATCH', answer: { status: 413, body: '<html>nginx</html>' } });
  const html = await t.throwsAsync(upload.append({ body: bodyOf(BYTES) }), { instanceOf: RemoteError });
  t.like(html, { status: 413, code: 'BODY_TOO_LARGE', wireErrors: [] });
});

test('a manifest that is not what its digest names is refused, whoever agrees with it', async (t) => {
  const { server, proxy, remote } = await faulty(t);
  const digest = (await server.pushImage(NAME, 'v1')) as Digest;
  const wrong = Buffer.from('{"schemaVersion":2}');
  const lie = { body: () => wrong, on: isManifest };
  const headersWith = (given: string | undefined) => (headers: object) => ({
    ...headers,
    'content-length': String(wrong.length),
    'docker-content-digest': given,
  });
  for (const given of [digest, digestText(wrong), undefined]) {
    proxy.inject({ ...lie, headers: headersWith(given) });
    const error = await t.throwsAsync(remote.manifests.get(NAME, parseReference(digest)), {
      instanceOf: TransferError,
    });
    t.like(error, { reason: 'wrong-digest', code: 'DIGEST_INVALID' });
  }
  proxy.inject({ ...lie, headers: headersWith(digest) });
  await t.throwsAsync(remote.manifests.get(NAME, parseReference('v1')), { code: 'DIGEST_INVALID' });
});

test('a manifest that is too large, or of two types, is refused', async (t) => {
  const { server, proxy, remote } = await faulty(t);
  await server.pushImage(NAME, 'v1');
  const get = () => remote.manifests.get(NAME, parseReference('v1'));
  const huge = Buffer.alloc(17 * 1024 * 1024, ' ');
  const chunked = (headers: object) => ({ ...headers, 'content-length': undefined });
  proxy.inject({ on: isManifest, body: () => huge, headers: chunked });
  t.is(reasonOf((await t.throwsAsync(get())) as unknown), 'too-large');
  const typed = (type: string) => (headers: object) => ({ ...headers, 'content-type': type });
  proxy.inject({ on: isManifest, headers: typed('application/vnd.oci.image.index.v1+json') });
  t.is(reasonOf((await t.throwsAsync(get())) as unknown), 'malformed');
  proxy.inject({ on: isManifest, headers: typed('text/plain; charset=utf-8') });
  t.is((await get()).mediaType, 'application/vnd.oci.image.manifest.v1+json');
});

test('a list that loops, leads to another host, or never gets any further ends in an error', async (t) => {
  const { server, proxy, remote } = await faulty(t);
  await server.pushImage(NAME, 'v1');
  const isList = (_: string, url: string): boolean => url.includes('/tags/list');
  let pages = 0;
  const links: (() => string)[] = [
    () => '</v2/team/app/tags/list>; rel="next"',
    () => `</v2/team/app/tags/list?page=${++pages}>; rel="next"`,
    () => '<http://evil.example/v2/team/app/tags/list?n=1>; rel="next"',
    () => '<http://[>; rel=next',
  ];
  for (const link of links) {
    proxy.inject({ on: isList, headers: (headers) => ({ ...headers, link: link() }) });
    t.is(reasonOf((await t.throwsAsync(remote.tags.list(NAME, ALL))) as unknown), 'pagination');
  }
  t.true(proxy.asked.length < 15, `${proxy.asked.length} requests`);
});

test('a list that is no list is refused, and null is an empty one', async (t) => {
  const { proxy, remote } = await faulty(t);
  for (const body of ['{"tags":5}', '{"tags":["ok",7]}', '{"tags":["no tag!"]}', '[]', 'null', '<html>']) {
    proxy.inject({ answer: { status: 200, body } });
    t.is(reasonOf((await t.throwsAsync(remote.tags.list(NAME, ALL))) as unknown), 'malformed', body);
  }
  proxy.inject({ answer: { status: 200, body: '{"name":"x","tags":null}' } });
  t.deepEqual(await remote.tags.list(NAME, ALL), { items: [], more: false });
});

test('referrers of a registry without the API are those of the tag, and a broken index is none', async (t) => {
  const { proxy, remote } = await faulty(t);
  const list = () => remote.referrers.list(NAME, DIGEST, { ...ALL, artifactTypes: [] });
  const entry = { mediaType: 'a/b', digest: DIGEST, size: 5, artifactType: 'a/signature' };
  const missing = {
    on: (_: string, url: string) => url.includes('/referrers/'),
    answer: { status: 404, body: '404 page not found' },
  };
  const index = (body: string) => ({
    on: isManifest,
    answer: { status: 200, body, headers: { 'Content-Type': 'application/vnd.oci.image.index.v1+json' } },
  });
  proxy.inject(missing, index(JSON.stringify({ schemaVersion: 2, manifests: [entry] })));
  t.deepEqual((await list()).items as object[], [entry]);
  t.is(proxy.asked.at(-1), `GET /v2/team/app/manifests/${DIGEST.replace(':', '-')}`);
  proxy.inject(missing);
  t.deepEqual((await list()).items, []);
  proxy.inject(missing, index('no JSON'));
  t.deepEqual((await list()).items, []);
  proxy.inject({ answer: { status: 200, body: '{"manifests":[{"digest":"sha256:no"}]}' } });
  t.is(reasonOf((await t.throwsAsync(list())) as unknown), 'malformed');
});

test('an upload without a place to go on, and a blob without a size, break the protocol', async (t) => {
  const { proxy, remote } = await faulty(t);
  proxy.inject({ answer: { status: 202 } });
  t.is(reasonOf((await t.throwsAsync(remote.layers.upload(NAME))) as unknown), 'malformed');
  proxy.inject({ answer: { status: 202, headers: { Location: 'ftp://x/y' } } });
  t.is(reasonOf((await t.throwsAsync(remote.layers.upload(NAME))) as unknown), 'malformed');
  proxy.inject({ headers: (headers) => ({ ...headers, 'content-length': undefined, 'transfer-encoding': 'chunked' }) });
  t.is(reasonOf((await t.throwsAsync(remote.layers.stat(NAME, DIGEST))) as unknown), 'malformed');
});

test('an upload on another host gets its bytes and no credentials', async (t) => {
  const server = await withRegistry(t);
  const uploads = await FaultProxy.start(t, server.address);
  const proxy = await FaultProxy.start(t, server.address);
  const remote = openRemote(t, proxy.address);
  proxy.inject({
    on: (method) => method === 'POST',
    headers: (headers) => ({
      ...headers,
      location: String(headers.location).replace(/^http:\/\/[^/]*/, uploads.address),
    }),
  });
  await using upload = await remote.layers.upload(NAME);
  await upload.finishWith({ body: bodyOf(BYTES), range: { start: 0, end: BYTES.length } }, DIGEST);
  t.is(uploads.received, BYTES.length);
  t.regex(uploads.asked[0] ?? '', /^PUT \/v2\/team\/app\/blobs\/uploads\/.*_state=.*&digest=sha256%3A/);
  t.true(await remote.layers.exists(NAME, DIGEST));
});

test('a token that ends while bytes are sent makes the error one that may pass', async (t) => {
  const { proxy, remote } = await faulty(t);
  const upload = await remote.layers.upload(NAME);
  const challenge = `Bearer realm="${proxy.address}/token"`;
  proxy.inject(
    {
      on: (method) => method === 'PATCH',
      times: 1,
      answer: { status: 401, headers: { 'WWW-Authenticate': challenge } },
    },
    { on: (_, url) => url.startsWith('/token'), answer: { status: 200, body: '{"token":"fresh"}' } },
  );
  const error = await t.throwsAsync(upload.append({ body: bodyOf('abc') }), { instanceOf: RemoteError });
  t.like(error, { code: 'UNAUTHORIZED', isTransient: true });
  t.is((await upload.close()).offset, 0);
  await upload.append({ body: bodyOf('abc') });
  t.is(upload.size, 3);
});
