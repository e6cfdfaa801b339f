import test, { type ExecutionContext } from 'ava';
import { quietMetrics } from '../../../helpers/http/exposition.ts';
import type { Target } from '../../../helpers/http/http-request.ts';
import { digestOf, type Registry, withRegistry } from '../../../helpers/http/with-registry.ts';
import { freePort } from '../../../helpers/processes/free-port.ts';

async function withDebug(
  t: ExecutionContext,
  storage: Readonly<Record<string, unknown>> = {},
): Promise<{ registry: Registry; debug: Target }> {
  const addr = `127.0.0.1:${await freePort()}`;
  const http = { debug: { addr, prometheus: { enabled: true } } };
  return { registry: await withRegistry(t, { http, storage }), debug: { address: `http://${addr}` } };
}

test('requests and responses are counted by their size, in buckets from 1 KiB to 2 GiB', async (t) => {
  const { debug, registry } = await withDebug(t);
  const body = Buffer.alloc(5000, 'x');
  const digest = digestOf(body);
  await registry.ask('POST', `/v2/app/blobs/uploads/?digest=${digest}`, { body });
  await registry.ask('GET', `/v2/app/blobs/${digest}`);
  await registry.ask('HEAD', `/v2/app/blobs/${digest}`);
  const metrics = await quietMetrics(debug);
  const size = (message: string, suffix: string, labels: Readonly<Record<string, string>>): number =>
    metrics.value(`registry_http_${message}_size_bytes_${suffix}`, labels);
  t.is(size('request', 'sum', { handler: 'blob_upload' }), 5000);
  t.is(size('request', 'bucket', { handler: 'blob_upload', le: '4096' }), 0);
  t.is(size('request', 'bucket', { handler: 'blob_upload', le: '8192' }), 1);
  t.is(size('request', 'bucket', { handler: 'blob', le: '1024' }), 2);
  t.is(size('response', 'count', { handler: 'blob' }), 2);
  const sent = size('response', 'sum', { handler: 'blob' });
  t.true(sent > 5000 && sent < 8000, String(sent));
  t.is(size('response', 'bucket', { handler: 'blob', le: String(2 ** 31) }), 2);
});

test('a chunked body counts with what has come of it', async (t) => {
  const { debug, registry } = await withDebug(t);
  async function* body() {
    for (let part = 0; part < 20; part += 1) yield Buffer.alloc(65_536, 'y');
  }
  const location = await registry.startUpload('app');
  const { pathname, search } = new URL(location, registry.address);
  await fetch(`${registry.address}${pathname}${search}`, {
    method: 'PATCH',
    body: ReadableStream.from(body()),
    duplex: 'half',
  });
  const metrics = await quietMetrics(debug);
  const sum = metrics.value('registry_http_request_size_bytes_sum', { handler: 'blob_upload_chunk' });
  t.true(sum > 1_000_000 && sum < 1_500_000, String(sum));
});

test('what the cache of descriptors is asked is counted under the names of distribution 2 and 3', async (t) => {
  const { debug, registry } = await withDebug(t, { cache: { blobdescriptor: 'inmemory' } });
  const digest = await registry.pushBlob('app', 'bytes');
  for (let count = 0; count < 3; count += 1) await registry.ask('GET', `/v2/app/blobs/${digest}`);
  const metrics = await quietMetrics(debug);
  const total = (type: string): number => metrics.value('registry_storage_cache_total', { type });
  t.true(total('Request') >= 3);
  t.true(total('Hit') >= 1);
  t.is(total('Hit') + total('Miss') + total('Error'), total('Request'));
  t.is(metrics.value('registry_storage_cache_requests_total'), total('Request'));
  t.is(metrics.value('registry_storage_cache_hits_total'), total('Hit'));
  t.is(metrics.value('registry_storage_cache_errors_total'), 0);
});

test('heap, open files and the delay of events are reported', async (t) => {
  const { debug } = await withDebug(t);
  const metrics = await quietMetrics(debug);
  t.true(metrics.value('nodejs_heap_size_used_bytes') > 1e6);
  t.true(metrics.value('nodejs_heap_size_total_bytes') > 1e6);
  t.true(metrics.value('nodejs_external_memory_bytes') > 0);
  if (process.platform === 'linux') t.true(metrics.value('process_open_fds') > 3);
  for (const which of ['mean', 'p99', 'max']) t.true(metrics.value(`nodejs_eventloop_lag_${which}_seconds`) >= 0);
});
