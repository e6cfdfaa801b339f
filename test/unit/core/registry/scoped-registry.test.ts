import test from 'ava';
import { type Digest, digestOf } from '../../../../core/digest/digest.ts';
import { RegistryError } from '../../../../core/model/errors.ts';
import { parseRepositoryName, type RepositoryName } from '../../../../core/model/reference.ts';
import type { CallContext } from '../../../../core/registry/call-context.ts';
import { ForwardingLayerService } from '../../../../core/registry/forwarding/forwarding-layer-service.ts';
import { ForwardingRegistry } from '../../../../core/registry/forwarding/forwarding-registry.ts';
import type { Layer } from '../../../../core/registry/layer.ts';
import type { Registry } from '../../../../core/registry/registry.ts';
import { ScopedRegistry } from '../../../../core/registry/scoped-registry.ts';
import { pushBlob } from '../../../helpers/content/registry-content.ts';
import { memoryRegistry } from '../../../helpers/core/memory-registry.ts';
import { serveRegistry } from '../../../helpers/http/serve-registry.ts';

const BYTES = Buffer.from('what is in quarantine');
const DIGEST = digestOf(BYTES);
const QUARANTINE = parseRepositoryName('quarantine/app');
const FREE = parseRepositoryName('free/app');

/** Refuses to hand out what it has, with the code that it is made with. */
class Quarantine extends ForwardingLayerService {
  asked = 0;
  readonly #code: 'DENIED' | 'BLOB_UNKNOWN' | 'UNAVAILABLE';

  constructor(inner: Registry['layers'], code: 'DENIED' | 'BLOB_UNKNOWN' | 'UNAVAILABLE' = 'DENIED') {
    super(inner);
    this.#code = code;
  }

  override fetch(_name: RepositoryName, _digest: Digest, _context?: CallContext): Promise<Layer> {
    this.asked += 1;
    return Promise.reject(new RegistryError(this.#code, { reason: 'not scanned yet' }));
  }
}

function scopedTo(pattern: RegExp, scoped: Registry, others: Registry): Registry {
  return new ScopedRegistry({ scoped, others, matches: (name) => pattern.test(name) });
}

async function filledRegistry(): Promise<Registry> {
  const registry = memoryRegistry();
  await pushBlob(registry.layers, QUARANTINE, BYTES);
  return registry;
}

test('a client can neither mount what the wrapper of the source refuses to hand out, nor find it without a source', async (t) => {
  const inner = await filledRegistry();
  const scoped = new ForwardingRegistry(inner, { layers: new Quarantine(inner.layers) });
  const client = await serveRegistry(t, scopedTo(/^quarantine\//, scoped, inner));
  t.is((await client.ask('GET', `/v2/${QUARANTINE}/blobs/${DIGEST}`)).status, 403);
  for (const from of [`&from=${QUARANTINE}`, '']) {
    const answer = await client.ask('POST', `/v2/${FREE}/blobs/uploads/?mount=${DIGEST}${from}`);
    t.is(answer.status, 202, from);
    t.is((await client.ask('GET', `/v2/${FREE}/blobs/${DIGEST}`)).status, 404);
  }
});

test('a wrapper inside another one is asked about its own source, too', async (t) => {
  const inner = await filledRegistry();
  const layers = new Quarantine(inner.layers);
  const guarded = scopedTo(/^quarantine\//, new ForwardingRegistry(inner, { layers }), inner);
  const passing = new ForwardingRegistry(guarded, { layers: new ForwardingLayerService(guarded.layers) });
  for (const pattern of [/^free\//, /^other\//, /./]) {
    const outer = scopedTo(pattern, passing, guarded);
    t.is(await outer.layers.mount(FREE, DIGEST, QUARANTINE), undefined, String(pattern));
    t.is(await outer.layers.mount(FREE, DIGEST, '*'), undefined, String(pattern));
  }
  t.true(layers.asked >= 3);
});

test('a source that does not have the blob mounts nothing, and one that cannot answer now is an error', async (t) => {
  const inner = await filledRegistry();
  const registryWith = (code: 'BLOB_UNKNOWN' | 'UNAVAILABLE'): Registry =>
    scopedTo(/^quarantine\//, new ForwardingRegistry(inner, { layers: new Quarantine(inner.layers, code) }), inner);
  t.is(await registryWith('BLOB_UNKNOWN').layers.mount(FREE, DIGEST, QUARANTINE), undefined);
  const failing = registryWith('UNAVAILABLE').layers.mount(FREE, DIGEST, QUARANTINE);
  await t.throwsAsync(failing, { code: 'UNAVAILABLE' });
});

test('mounts within the repositories of one registry, and those out of a source that hands the blob out, are made', async (t) => {
  const inner = await filledRegistry();
  const layers = new ForwardingLayerService(inner.layers);
  const registry = scopedTo(/^(quarantine|free)\//, new ForwardingRegistry(inner, { layers }), inner);
  t.is((await registry.layers.mount(FREE, DIGEST, QUARANTINE))?.digest, DIGEST);
  t.is((await registry.layers.mount(parseRepositoryName('elsewhere'), DIGEST, FREE))?.digest, DIGEST);
  t.is((await registry.layers.mount(parseRepositoryName('free/b'), DIGEST, '*'))?.digest, DIGEST);
});

test('a wrapper that leaves blobs alone does not stand in the way of a mount from anywhere', async (t) => {
  const inner = await filledRegistry();
  const registry = scopedTo(/^quarantine\//, new ForwardingRegistry(inner), inner);
  t.is((await registry.layers.mount(FREE, DIGEST, '*'))?.digest, DIGEST);
});
