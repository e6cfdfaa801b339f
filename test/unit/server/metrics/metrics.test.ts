import test, { type ExecutionContext } from 'ava';
import { parseExposition, quietMetrics } from '../../../helpers/http/exposition.ts';
import { ask, type Target } from '../../../helpers/http/http-request.ts';
import { RawConnection } from '../../../helpers/http/raw-connection.ts';
import {
  digestOf,
  imageManifest,
  OCI_MANIFEST,
  type Registry,
  type RegistryOptions,
  withRegistry,
} from '../../../helpers/http/with-registry.ts';
import { freePort } from '../../../helpers/processes/free-port.ts';
import { folderWith, pluginSource } from '../../plugins/loading/fixture-folder.ts';

/** A registry with a debug server. */
async function withDebug(
  t: ExecutionContext,
  prometheus: Readonly<Record<string, unknown>>,
  { http, ...options }: RegistryOptions = {},
): Promise<{ registry: Registry; debug: Target }> {
  const addr = `127.0.0.1:${await freePort()}`;
  const registry = await withRegistry(t, { ...options, http: { ...http, debug: { addr, prometheus } } });
  return { registry, debug: { address: `http://${addr}` } };
}

const REQUESTS = 'registry_http_requests_total';
const ERRORS = 'registry_http_errors_total';
const ACTIONS = 'registry_storage_action_seconds_count';
const BYTES = 'registry_storage_bytes_total';
const FAILURES = 'registry_storage_failures_total';

test('metrics are answered to GET and HEAD in the text format 0.0.4, and to no other method', async (t) => {
  const { debug, registry } = await withDebug(t, { enabled: true });
  const got = await ask(debug, 'GET', '/metrics?a=b');
  t.is(got.status, 200);
  t.is(got.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
  t.is(got.headers['content-length'], String(got.body.byteLength));
  const head = await ask(debug, 'HEAD', '/metrics');
  t.like(head, { status: 200, text: '' });
  t.is(head.headers['content-type'], got.headers['content-type']);
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
    const refused = await ask(debug, method, '/metrics');
    t.is(refused.status, 405, method);
    t.is(refused.headers['allow'], 'GET, HEAD');
  }
  t.like(await ask(debug, 'GET', '/debug/health'), { status: 200, text: '{}' });
  t.regex((await ask(debug, 'GET', '/metrics/')).text, /only GET \/debug\/health and \/metrics is here/);
  t.is((await registry.ask('GET', '/metrics')).status, 404);
});

test('metrics are at the path that the configuration says, and nowhere when they are not enabled', async (t) => {
  const { debug } = await withDebug(t, { enabled: true, path: '/deep/m' });
  t.is((await ask(debug, 'GET', '/deep/m')).status, 200);
  t.is((await ask(debug, 'GET', '/metrics')).status, 404);
  const { debug: without } = await withDebug(t, { enabled: false });
  t.is((await ask(without, 'GET', '/metrics')).status, 404);
});

test('requests are counted by handler, method and status, and probes and unknown paths are not', async (t) => {
  const { debug, registry } = await withDebug(t, { enabled: true });
  const digest = await registry.pushImage('library/a', 'one');
  const upload = await registry.sendChunk(await registry.startUpload('library/a'), 'part');
  const paths = ['/v2/', '/v2/_catalog', '/v2/library/a/tags/list', `/v2/library/a/referrers/${digest}`];
  for (const path of paths) t.is((await registry.ask('GET', path)).status, 200);
  for (const path of ['/livez', '/readyz', '/', '/v3/']) await registry.ask('GET', path);
  for (const reference of ['one', 'two', digest]) await registry.ask('HEAD', `/v2/library/a/manifests/${reference}`);
  await registry.ask('DELETE', upload);
  await registry.ask('PROPFIND', '/v2/');
  const metrics = await quietMetrics(debug);
  const counted = metrics.samples.flatMap(({ name, labels, value }) =>
    name === REQUESTS ? [`${labels['handler']} ${labels['method']} ${labels['code']}: ${value}`] : [],
  );
  t.deepEqual(counted.sort(), [
    'base get 200: 1',
    'base unknown 405: 1',
    'blob_upload post 202: 3',
    'blob_upload_chunk delete 204: 1',
    'blob_upload_chunk patch 202: 1',
    'blob_upload_chunk put 201: 2',
    'catalog get 200: 1',
    'manifest head 200: 2',
    'manifest head 404: 1',
    'manifest put 201: 1',
    'referrers get 200: 1',
    'tags get 200: 1',
  ]);
  const durations = { handler: 'manifest', method: 'head' };
  t.is(metrics.value('registry_http_request_duration_seconds_count', durations), 3);
  t.true(metrics.value('registry_http_request_duration_seconds_sum', durations) > 0);
});

test('a request that is being answered is in flight, and one whose client goes away is counted as 499', async (t) => {
  const { debug, registry } = await withDebug(t, { enabled: true });
  const location = await registry.startUpload('library/a');
  const connection = await RawConnection.open(t, registry);
  connection.sendHead(`PATCH ${location} HTTP/1.1`, 'Content-Length: 100', 'Expect: 100-continue');
  await connection.until(/HTTP\/1\.1 100/);
  const during = parseExposition((await ask(debug, 'GET', '/metrics')).text);
  t.is(during.value('registry_http_in_flight_requests', { handler: 'blob_upload_chunk' }), 1);
  t.is(during.value(REQUESTS, { handler: 'blob_upload_chunk' }), 0);
  connection.socket.destroy();
  const metrics = await quietMetrics(debug);
  t.is(metrics.value(REQUESTS, { handler: 'blob_upload_chunk', method: 'patch', code: '499' }), 1);
});

test('refused requests are counted', async (t) => {
  const { debug, registry } = await withDebug(t, { enabled: true }, { auth: { silly: { realm: 'r', service: 's' } } });
  t.is((await registry.ask('GET', '/v2/library/a/blobs/sha256:0')).status, 401);
  t.is((await quietMetrics(debug)).value(REQUESTS, { handler: 'blob', code: '401' }), 1);
});

test('answers with errors are counted by the codes in their bodies, each once an answer', async (t) => {
  const { debug, registry } = await withDebug(t, { enabled: true });
  const digest = digestOf('wanted');
  for (const path of [`/v2/library/a/blobs/${digest}`, '/v2/library/a/blobs/sha256:0', '/v3/']) {
    t.true((await registry.ask('GET', path)).status >= 400);
  }
  const refused = await registry.finishUpload(await registry.startUpload('library/a'), digest, { body: 'others' });
  t.is(refused.status, 400);
  const missing = imageManifest('one', 'two');
  t.is((await registry.putManifest('library/a', 'v1', { body: missing, type: OCI_MANIFEST })).status, 400);
  const { samples } = await quietMetrics(debug);
  const counted = samples.flatMap(({ name, labels, value }) => (name === ERRORS ? [[labels['code'], value]] : []));
  t.deepEqual(Object.fromEntries(counted), {
    BLOB_UNKNOWN: 1,
    DIGEST_INVALID: 2,
    MANIFEST_BLOB_UNKNOWN: 1,
    UNSUPPORTED: 1,
  });
});

const EXTENSION = pluginSource(
  'route-extension',
  `() => bindPort(ROUTE_EXTENSION, {
    name: 'scan',
    routes: ['/state', '/<name>/report'].map((path) => ({
      path,
      methods: [{ method: 'GET', access: 'none', handle: async () => ({ status: 203 }) }],
    })),
  })`,
);

test('all routes of extensions are one handler', async (t) => {
  const folder = await folderWith(t, { 'scan.mjs': EXTENSION });
  const options = { folder, others: { plugins: [{ use: './scan.mjs' }] } };
  const { debug, registry } = await withDebug(t, { enabled: true }, options);
  for (const path of ['/v2/_ext/scan/state', '/v2/_ext/scan/a/b/report', '/v2/_ext/scan/none']) {
    await registry.ask('GET', path);
  }
  const metrics = await quietMetrics(debug);
  t.is(metrics.value(REQUESTS, { handler: 'extension', code: '203' }), 2);
  t.is(metrics.value(REQUESTS), 2);
});

for (const middleware of [[], [{ name: 'metrics' }], [{ name: 'metrics' }, { name: 'metrics' }]]) {
  test(`with ${middleware.length} wrappers that count listed, each call of the storage is counted once`, async (t) => {
    const options = { storage: { filesystem: {} }, others: { middleware: { storage: middleware } } };
    const { debug, registry } = await withDebug(t, { enabled: true }, options);
    // More than is held in memory.
    const body = 'x'.repeat(2 * 1024 * 1024);
    const upload = await registry.sendChunk(await registry.startUpload('library/a'), 'begun');
    const before = await quietMetrics(debug);
    const digest = await registry.pushBlob('library/a', body);
    t.is((await registry.ask('GET', `/v2/library/a/blobs/${digest}`)).text, body);
    t.is((await registry.ask('GET', `/v2/library/a/manifests/none`)).status, 404);
    t.is((await registry.ask('DELETE', upload)).status, 204);
    const after = await quietMetrics(debug);
    const grown = (name: string, labels: Readonly<Record<string, string>>): number =>
      after.value(name, { driver: 'filesystem', ...labels }) - before.value(name, { driver: 'filesystem', ...labels });
    t.is(grown(BYTES, { action: 'Append' }), body.length);
    t.is(grown(ACTIONS, { action: 'Append' }), 1);
    t.is(grown(ACTIONS, { action: 'Commit' }), 1);
    t.is(grown(ACTIONS, { action: 'Delete' }), 2);
    t.true(grown(FAILURES, { action: 'Reader', code: 'not-found' }) > 0);
    t.is(after.value('registry_storage_action_seconds_bucket', { le: '+Inf' }), after.value(ACTIONS));
  });
}

test('a listed wrapper counts at its place, and without one the calls to the outermost wrapper count', async (t) => {
  const faults = [{ kind: 'fail', operations: ['write'], code: 'not-supported' }];
  const fault = { name: 'fault', options: { allow: 'I want this registry to fail', faults } };
  const refusedWrites = async (middleware: readonly { name: string }[]): Promise<number> => {
    const { debug, registry } = await withDebug(
      t,
      { enabled: true },
      { others: { middleware: { storage: middleware } } },
    );
    const push = `/v2/library/a/blobs/uploads/?digest=${digestOf('new')}`;
    t.is((await registry.ask('POST', push, { body: 'new' })).status, 405);
    return (await quietMetrics(debug)).value(FAILURES, { code: 'not-supported' });
  };
  t.is(await refusedWrites([{ name: 'metrics' }, fault]), 0);
  t.is(await refusedWrites([fault]), 2);
});

test('memory, CPU time and start of the process are reported', async (t) => {
  const { debug } = await withDebug(t, { enabled: true });
  const metrics = await quietMetrics(debug);
  t.true(metrics.value('process_resident_memory_bytes') > 1e6);
  t.true(metrics.value('process_cpu_seconds_total') > 0);
  const startedAt = metrics.value('process_start_time_seconds');
  t.true(startedAt > Date.now() / 1000 - 3600 && startedAt <= Date.now() / 1000);
});
