import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import Koa from 'koa';
import { ConfigurationError } from '../../../../server/config/index.ts';
import {
  createRegistry,
  type EmbeddedRegistry,
  type EmbeddingOptions,
} from '../../../../server/embedding/create-registry.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { answerTo, openRequest } from '../../../helpers/http/http-request.ts';
import { RawConnection } from '../../../helpers/http/raw-connection.ts';
import { digestOf, Registry, withQuery } from '../../../helpers/http/with-registry.ts';

const LOG = { level: 'error', formatter: 'json', accesslog: { disabled: true } };
const OPEN = { log: LOG, storage: { inmemory: {}, delete: { enabled: true } } };

/** A Koa application whose own pages say `the host`, with a registry in it. */
async function host(
  t: ExecutionContext,
  options: EmbeddingOptions,
): Promise<{ embedded: EmbeddedRegistry; client: Registry }> {
  const embedded = await createRegistry(options);
  const app = new Koa();
  app.silent = true;
  app.use(embedded.middleware);
  app.use((ctx) => {
    ctx.body = 'the host';
  });
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(async () => {
    server.close();
    server.closeAllConnections();
    await embedded[Symbol.asyncDispose]();
  });
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { embedded, client: new Registry({ address }, { stop: async () => undefined, root: '' }) };
}

test('a registry in a host has no admin API unless its configuration says so', async (t) => {
  for (const [admin, status] of [
    [{}, 404],
    [{ enabled: true }, 200],
  ] as const) {
    const { client } = await host(t, { configuration: { ...OPEN, admin } });
    t.is((await client.ask('GET', '/v2/_ext/admin/jobs')).status, status);
  }
});

test('an image that was pushed to a host in chunks is pulled from it by digest and by tag', async (t) => {
  const { client } = await host(t, { configuration: OPEN });
  const location = await client.sendChunk(await client.startUpload('my/image'), 'one ');
  const digest = digestOf('one two');
  t.is((await client.finishUpload(location, digest, { body: 'two' })).status, 201);
  t.is((await client.ask('GET', `/v2/my/image/blobs/${digest}`)).text, 'one two');
  await client.pushImage('my/image', 'v1');
  t.is((await client.ask('GET', '/v2/my/image/tags/list')).text, '{"name":"my/image","tags":["v1"]}');
});

test('the registry answers /v2 and what is below, with its own errors, and the host everything else', async (t) => {
  const { client } = await host(t, { configuration: OPEN });
  for (const path of ['/v2/', '/v2/?n=1']) t.is((await client.ask('GET', path)).status, 200, path);
  const unknown = await client.ask('GET', '/v2/my/image/manifests/v1');
  t.is(unknown.status, 404);
  t.regex(unknown.text, /MANIFEST_UNKNOWN/);
  t.regex((await client.ask('GET', '/v2/no/such/route')).text, /"errors"/);
  for (const path of ['/', '/v20', '/v2x/my', '/readyz', '/my/v2/', '/v1/_ping']) {
    t.is((await client.ask('GET', path)).text, 'the host', path);
  }
});

test('with a prefix the registry answers below it, and its locations lead there', async (t) => {
  const { client } = await host(t, { configuration: { ...OPEN, http: { prefix: '/images' } } });
  t.is((await client.ask('GET', '/v2/')).text, 'the host');
  const begun = await client.ask('POST', '/images/v2/my/image/blobs/uploads/');
  t.is(begun.status, 202);
  t.regex(String(begun.headers.location), /^http:\/\/127\.0\.0\.1:\d+\/images\/v2\/my\/image\/blobs\/uploads\//);
});

test('a request that HTTP forbids is refused by the registry, and its connection ends', async (t) => {
  const { client } = await host(t, { configuration: OPEN });
  const connection = await RawConnection.open(t, client);
  connection.sendHead('GET /v2/ HTTP/1.1', 'Authorization: Basic YTpi', 'Authorization: Basic Yzpk');
  t.regex(await connection.untilClosed(), /^HTTP\/1\.1 400 [^]*must not be sent twice/);
});

test('a client that goes away in the middle of a blob leaves the host working, and can push it again', async (t) => {
  const { client } = await host(t, { configuration: OPEN });
  const url = new URL(await client.startUpload('my/image'), client.address);
  const request = openRequest(client, 'PATCH', `${url.pathname}${url.search}`, {
    headers: { 'Content-Length': 1000, Expect: '100-continue' },
  });
  request.on('error', () => undefined);
  request.flushHeaders();
  await once(request, 'continue');
  request.destroy();
  const digest = await client.pushBlob('my/image', 'whole');
  t.is((await client.ask('GET', `/v2/my/image/blobs/${digest}`)).text, 'whole');
});

test('disposing waits for a request that runs, and happens once', async (t) => {
  const folder = await tempRoot(t);
  const storage = { filesystem: { rootdirectory: folder } };
  const { embedded, client } = await host(t, { configuration: { ...OPEN, storage } });
  const digest = digestOf('held');
  const url = new URL(withQuery(await client.startUpload('my/image'), { digest }), client.address);
  const request = openRequest(client, 'PUT', `${url.pathname}${url.search}`, {
    headers: { 'Content-Length': 4, Expect: '100-continue' },
  });
  const answer = answerTo(request);
  request.flushHeaders();
  await once(request, 'continue');
  const disposed = embedded[Symbol.asyncDispose]();
  request.end('held');
  t.is((await answer).status, 201);
  await disposed;
  await t.notThrowsAsync(embedded[Symbol.asyncDispose]());
  await using again = await createRegistry({ configuration: { ...OPEN, storage } });
  t.truthy(again.middleware);
});

test('a configuration may be a file, and variables count when they are passed on', async (t) => {
  const folder = await tempRoot(t);
  const file = join(folder, 'config.yml');
  await writeFile(file, JSON.stringify({ version: 0.1, ...OPEN }));
  const { client } = await host(t, { configuration: file, env: { REGISTRY_HTTP_PREFIX: '/images' } });
  t.is((await client.ask('GET', '/images/v2/')).status, 200);
});

test('every mistake of a configuration is named, and what only a server can keep is refused', async (t) => {
  const mistake = await t.throwsAsync(createRegistry({ configuration: { ...OPEN, htp: {}, storge: {} } }), {
    instanceOf: ConfigurationError,
  });
  t.regex(mistake.message, /htp[^]*storge/);
  const http = { tls: { certificate: 'a.pem', key: 'b.pem' }, workers: 2 };
  const refused = await t.throwsAsync(createRegistry({ configuration: { ...OPEN, http } }), {
    instanceOf: ConfigurationError,
  });
  t.regex(refused.message, /http\.tls: TLS is up to the server of the host[^]*http\.workers: /);
});
