import test, { type ExecutionContext } from 'ava';
import { parseDigest } from '../../../../core/digest/digest.ts';
import { NotifyingRegistry } from '../../../../core/events/notifying-registry.ts';
import { RegistryError } from '../../../../core/model/errors.ts';
import { parseRepositoryName } from '../../../../core/model/reference.ts';
import { ForwardingLayer } from '../../../../core/registry/forwarding/forwarding-layer.ts';
import { ForwardingLayerService } from '../../../../core/registry/forwarding/forwarding-layer-service.ts';
import { ForwardingRegistry } from '../../../../core/registry/forwarding/forwarding-registry.ts';
import type { Layer } from '../../../../core/registry/layer.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import { composeCore } from '../../../helpers/core/core-parts.ts';
import { serveRegistry } from '../../../helpers/http/serve-registry.ts';
import { digestOf } from '../../../helpers/http/with-registry.ts';

const BLOB = '0123456789';
const PATH = `/v2/app/blobs/${digestOf(BLOB)}`;

/** Serves a blob, through a layer that `change` may decorate, and notes the methods of the pulls that are reported. */
async function served(t: ExecutionContext, change: (layer: Layer) => Layer = (layer) => layer) {
  const pulls: (string | undefined)[] = [];
  const inner = composeCore(new MemoryDriver()).registry;
  class Changed extends ForwardingLayerService {
    override async fetch(...call: Parameters<ForwardingLayerService['fetch']>): Promise<Layer> {
      return change(await super.fetch(...call));
    }
  }
  const registry = new NotifyingRegistry(new ForwardingRegistry(inner, { layers: new Changed(inner.layers) }), {
    publish: ({ action, method }) => void (action === 'pull' && pulls.push(method)),
  });
  const client = await serveRegistry(t, registry);
  await client.pushBlob('app', BLOB);
  return { client, pulls };
}

test('a GET whose range cannot be satisfied is no pull', async (t) => {
  const { client, pulls } = await served(t);
  t.is((await client.ask('GET', PATH, { headers: { Range: 'bytes=10-20' } })).status, 416);
  t.is((await client.ask('GET', `/v2/app/blobs/${digestOf('another')}`)).status, 404);
  t.deepEqual(pulls, []);
});

test('a GET whose content cannot be opened is no pull', async (t) => {
  const unavailable = (): Promise<never> => Promise.reject(new RegistryError('UNAVAILABLE', { reason: 'try again' }));
  class Failing extends ForwardingLayer {
    override open = unavailable;
    override reader = unavailable;
  }
  const { client, pulls } = await served(t, (layer) => new Failing(layer));
  t.is((await client.ask('GET', PATH)).status, 503);
  t.is((await client.ask('GET', PATH, { headers: { Range: 'bytes=0-1,5-6' } })).status, 503);
  t.deepEqual(pulls, []);
});

test('a GET of the whole, of a range and of several, an answer of 304 and a HEAD are one pull each', async (t) => {
  const { client, pulls } = await served(t);
  const statuses: number[] = [];
  const etag = `"${digestOf(BLOB)}"`;
  for (const headers of [{}, { Range: 'bytes=0-1' }, { Range: 'bytes=0-1,5-6' }, { 'If-None-Match': etag }]) {
    statuses.push((await client.ask('GET', PATH, { headers })).status);
  }
  statuses.push((await client.ask('HEAD', PATH)).status);
  t.deepEqual(statuses, [200, 206, 206, 304, 200]);
  t.deepEqual(pulls, ['GET', 'GET', 'GET', 'GET', 'HEAD']);
});

test('a layer reports one pull, however often it is used, and a redirect only when it has a URL', async (t) => {
  const pulls: string[] = [];
  const inner = composeCore(new MemoryDriver()).registry;
  const registry = new NotifyingRegistry(inner, { publish: ({ action }) => void pulls.push(action) });
  const client = await serveRegistry(t, registry);
  await client.pushBlob('app', BLOB);
  pulls.length = 0;
  const layer = await registry.layers.fetch(parseRepositoryName('app'), parseDigest(digestOf(BLOB)));
  t.is(await layer.redirectUrl({ method: 'GET', expiresInMs: 1000 }), undefined);
  t.deepEqual(pulls, []);
  await using reader = await layer.reader();
  t.is(reader.size, BLOB.length);
  (await layer.open()).destroy();
  await layer.confirm?.();
  t.deepEqual(pulls, ['pull']);
});
