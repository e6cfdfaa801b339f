import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import Koa from 'koa';
import { RegistryError } from '../../../../../core/model/errors.ts';
import { parseRepositoryName } from '../../../../../core/model/reference.ts';
import { accessLog } from '../../../../../server/http/access-log/access-log.ts';
import { combinedRequests } from '../../../../../server/http/access-log/combined-requests.ts';
import type { WriteRequest } from '../../../../../server/http/access-log/ended-request.ts';
import { readableRequests } from '../../../../../server/http/access-log/readable-requests.ts';
import { structuredRequests } from '../../../../../server/http/access-log/structured-requests.ts';
import { type Context, type RequestState, requestScope } from '../../../../../server/http/request-scope.ts';
import { ask } from '../../../../helpers/http/http-request.ts';
import { scopeServices } from '../../../../helpers/http/scope-services.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const ignore = (): void => undefined;
const SILENT = { debug: ignore, info: ignore, warn: ignore, error: ignore };

interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string>;
}

/** Sends one request to a handler and returns what was recorded of it. */
async function recorded(
  t: ExecutionContext,
  createWriter: (record: (line: unknown) => void) => WriteRequest,
  { method = 'GET', path = '/v2/app/manifests/v1?n=secret', headers = {} }: Sent,
  handle: (ctx: Context) => void,
): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const app = new Koa<RequestState>();
  app.use(requestScope(scopeServices(SILENT), { headers: {} }));
  app.use(accessLog({}, createWriter(resolve)));
  app.use(handle);
  const listener = app.callback();
  const server = createServer((...exchange) => void listener(...exchange)).listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await once(server, 'listening');
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await ask({ address }, method, path, { headers }).catch(ignore);
  return promise;
}

function structured(record: (line: unknown) => void): WriteRequest {
  return structuredRequests({ info: (fields) => record(fields) });
}

/** Records `info: text` or `debug: text`. */
function readable(record: (line: unknown) => void): WriteRequest {
  return readableRequests({
    info: (_, text) => record(`info: ${text}`),
    debug: (_, text) => record(`debug: ${text}`),
  });
}

function answering(status: number, body = ''): (ctx: Context) => void {
  return (ctx) => {
    ctx.status = status;
    if (body !== '') ctx.body = body;
  };
}

function manifestOf(ctx: Context, manifest: object, reference = 'v1'): void {
  const bytes = Buffer.from(JSON.stringify(manifest));
  const repository = parseRepositoryName('library/app');
  ctx.state.scope.content = { repository, digest: DIGEST, size: bytes.byteLength, manifest: { reference, bytes } };
}

test('a line for programs has the host, both content types, the size, the user and the referrer, and no query', async (t) => {
  const headers = {
    Host: 'registry.example',
    'Content-Type': 'application/json',
    Referer: 'https://console.example/',
    'User-Agent': 'test/1',
  };
  const line = await recorded(t, structured, { headers }, (ctx) => {
    ctx.state.scope.user = 'ann';
    ctx.body = 'twelve bytes';
  });
  t.like(line, {
    method: 'GET',
    path: '/v2/app/manifests/v1',
    host: 'registry.example',
    status: 200,
    bytes: 12,
    contentType: 'text/plain; charset=utf-8',
    requestContentType: 'application/json',
    remote: '127.0.0.1',
    user: 'ann',
    userAgent: 'test/1',
    referrer: 'https://console.example/',
  });
  t.notRegex(JSON.stringify(line), /secret/);
});

test('a line for programs names the manifest that was moved, and the error of a request that failed', async (t) => {
  const moved = await recorded(t, structured, {}, (ctx) => {
    manifestOf(ctx, { layers: [] });
    ctx.status = 200;
  });
  t.like(moved, { repository: 'library/app', reference: 'v1', digest: DIGEST, size: 13 });
  const failed = await recorded(t, structured, {}, (ctx) => {
    ctx.state.scope.failure = new RegistryError('MANIFEST_UNKNOWN', { reference: 'v1' });
    ctx.status = 404;
  });
  t.like(failed, { status: 404, error: 'MANIFEST_UNKNOWN', errorDetail: { reference: 'v1' } });
});

test('a response without a body has no bytes, and one that was cut off as many as were sent', async (t) => {
  t.like(await recorded(t, structured, { method: 'HEAD' }, answering(200, 'four')), { bytes: 0, status: 200 });
  const cut = await recorded(t, structured, {}, (ctx) => {
    ctx.respond = false;
    ctx.res.writeHead(200, { 'Content-Length': 1000 });
    ctx.res.write('x'.repeat(10), () => ctx.res.destroy());
  });
  t.is((cut as { status: number }).status, 499);
  t.true((cut as { bytes: number }).bytes > 10 && (cut as { bytes: number }).bytes < 1000);
});

test('at a terminal a pushed or pulled manifest is one line with its image, its digest and its user', async (t) => {
  const manifest = { config: { size: 500 }, layers: [{ size: 1_000_000 }, { size: 2_400_000 }] };
  const pushed = await recorded(t, readable, { method: 'PUT' }, (ctx) => {
    manifestOf(ctx, manifest);
    ctx.state.scope.user = 'ann';
    ctx.status = 201;
  });
  t.regex(
    String(pushed),
    new RegExp(`^info: pushed library/app:v1, 2 layers, 3\\.4 MB, ${DIGEST}, \\d+ ms, user ann from 127\\.0\\.0\\.1$`),
  );
  const pulled = await recorded(t, readable, {}, (ctx) => {
    manifestOf(ctx, { manifests: [{}, {}] }, DIGEST);
    ctx.status = 200;
  });
  t.regex(String(pulled), new RegExp(`^info: pulled library/app, 2 manifests, ${DIGEST}, \\d+ ms, anonymous from `));
});

for (const [what, sent, status, expected] of [
  ['an upload that begins', { method: 'POST', path: '/v2/app/blobs/uploads/' }, 202, 'debug'],
  ['a chunk', { method: 'PATCH', path: '/v2/app/blobs/uploads/0b3f' }, 202, 'debug'],
  ['a look for a blob that is missing', { method: 'HEAD', path: `/v2/app/blobs/${DIGEST}` }, 404, 'debug'],
  ['the first request of a client', { path: '/v2/' }, 200, 'debug'],
  ['a request without credentials', { path: '/v2/app/tags/list' }, 401, 'debug'],
  ['a list of tags', { path: '/v2/app/tags/list' }, 200, 'info'],
  ['a manifest that is missing', { path: '/v2/app/manifests/v1' }, 404, 'info'],
  ['a chunk that fails', { method: 'PATCH', path: '/v2/app/blobs/uploads/0b3f' }, 416, 'info'],
  ['a look that fails', { method: 'HEAD', path: `/v2/app/blobs/${DIGEST}` }, 503, 'info'],
] as const) {
  test(`at a terminal ${what} is of level ${expected}`, async (t) => {
    t.regex(String(await recorded(t, readable, sent, answering(status))), new RegExp(`^${expected}: `));
  });
}

test('at a terminal a line is short: digests and upload IDs are cut, a failure says its code and reason', async (t) => {
  const stored = await recorded(
    t,
    readable,
    { method: 'PUT', path: `/v2/app/blobs/uploads/0b3f4e1c-aaaa-bbbb` },
    (ctx) => {
      ctx.state.scope.content = { repository: parseRepositoryName('app'), digest: DIGEST, size: 3_400_000 };
      ctx.status = 201;
    },
  );
  t.regex(String(stored), /^info: PUT \/v2\/app\/blobs\/uploads\/0b3f4e1c… 201, 3\.4 MB, /);
  const read = await recorded(t, readable, { path: `/v2/app/blobs/${DIGEST}` }, answering(200, 'abc'));
  t.regex(String(read), /^info: GET \/v2\/app\/blobs\/sha256:a{12}… 200, 3 B, /);
  const failed = await recorded(t, readable, {}, (ctx) => {
    ctx.state.scope.failure = new RegistryError('NAME_INVALID', { reason: 'is too long' });
    ctx.status = 400;
  });
  t.regex(String(failed), / 400 NAME_INVALID \(is too long\), /);
});

test("the combined form is Apache's, with the user and without the query", async (t) => {
  const headers = { Referer: 'https://a.example/"x', 'User-Agent': 'docker/27 (linux)' };
  const line = await recorded(t, combinedRequests, { headers }, (ctx) => {
    ctx.state.scope.user = 'ann lee';
    ctx.body = 'four';
  });
  t.regex(
    String(line),
    /^127\.0\.0\.1 - ann\\x20lee \[\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000\] "GET \/v2\/app\/manifests\/v1 HTTP\/1\.1" 200 4 "https:\/\/a\.example\/\\"x" "docker\/27 \(linux\)"\n$/,
  );
  const bare = await recorded(t, combinedRequests, {}, answering(204));
  t.regex(String(bare), /^127\.0\.0\.1 - - \[[^\]]+\] "GET \S+ HTTP\/1\.1" 204 0 "" ""\n$/);
});

test('nothing that a client sends can end a line of the combined form', async (t) => {
  const line = await recorded(t, combinedRequests, { headers: { 'User-Agent': 'a\\ "b\u0085' } }, (ctx) => {
    ctx.state.scope.user = 'eve\nroot';
    ctx.status = 204;
  });
  t.is(String(line).split('\n').length, 2);
  t.true(String(line).includes(' eve\\x0aroot ['), String(line));
  t.true(String(line).endsWith('"a\\\\ \\"b\\x85"\n'), String(line));
});
