import { request } from 'node:http';
import type { ExecutionContext } from 'ava';
import { content } from '../../../testing/driver-case.ts';
import { assertError } from '../../helpers/http/assert-error.ts';
import type { Fault, FaultyProxy } from '../../helpers/http/faulty-proxy.ts';
import type { SeenRequest } from '../../helpers/http/seen-request.ts';
import {
  digestOf,
  imageManifest,
  OCI_MANIFEST,
  type Registry,
  withRegistry,
} from '../../helpers/http/with-registry.ts';
import { newBucket, testsWithEmulator } from './emulator.ts';
import { IMPATIENT_GCS } from './impatient-gcs.ts';
import { startProxy } from './proxy.ts';

const test = testsWithEmulator('a registry on a bucket that falls silent');
const BYTES = content(2 * 1024 * 1024);

/** A registry with `app:v1` and a blob, on a bucket that can fall silent. */
async function registryOn(t: ExecutionContext): Promise<{ registry: Registry; proxy: FaultyProxy; digest: string }> {
  const proxy = await startProxy(t);
  const storage = { [IMPATIENT_GCS]: { bucket: await newBucket(), endpoint: proxy.url } };
  const registry = await withRegistry(t, { storage });
  await registry.pushBlob('app', '{}');
  const digest = await registry.pushBlob('app', BYTES);
  await registry.putManifest('app', 'v1', { body: imageManifest(), type: OCI_MANIFEST });
  return { registry, proxy, digest };
}

const isDownload = ({ method, url }: SeenRequest): boolean =>
  method === 'GET' && url.includes('alt=media') && /%2Fdata\b/.test(url);

test('a GET or a change is 503 if the bucket falls silent before the headers, and the next one is served', async (t) => {
  const { registry, proxy, digest } = await registryOn(t);
  proxy.faults = () => 'silence';
  const answers = await Promise.all([
    registry.ask('GET', `/v2/app/blobs/${digest}`),
    registry.ask('GET', `/v2/app/blobs/${digest}`, { headers: { range: 'bytes=5-50' } }),
    registry.ask('GET', '/v2/other/manifests/v1'),
    registry.ask('GET', '/v2/app/tags/list'),
    registry.ask('GET', '/v2/_catalog'),
    registry.ask('POST', `/v2/app/blobs/uploads/?digest=${digestOf('other')}`, { body: 'other' }),
  ]);
  for (const answer of answers) assertError(t, answer, 503, 'UNAVAILABLE');
  t.like(await registry.ask('GET', '/readyz'), { status: 503 });
  proxy.faults = () => undefined;
  t.true((await registry.ask('GET', `/v2/app/blobs/${digest}`)).body.equals(Buffer.from(BYTES)));
});

test('a GET ends without the rest if the bucket falls silent in the middle of the body', async (t) => {
  const { registry, proxy, digest } = await registryOn(t);
  let downloads = 0;
  proxy.faults = (seen): Fault | undefined => {
    if (!isDownload(seen)) return undefined;
    downloads += 1;
    return downloads === 1 ? { stopAfter: 300_000 } : 'silence';
  };
  const seenBytes = await new Promise<number>((resolve, reject) => {
    let bytes = 0;
    request(`${registry.address}/v2/app/blobs/${digest}`, (answer) => {
      answer.on('data', (chunk: Buffer) => void (bytes += chunk.byteLength));
      answer.on('error', () => undefined);
      answer.once('close', () => (answer.complete ? reject(new Error('it looks complete')) : resolve(bytes)));
    })
      .on('error', reject)
      .end();
  });
  t.true(seenBytes > 0 && seenBytes < BYTES.byteLength, `${seenBytes} bytes`);
});
