import test from 'ava';
import { type Digest, parseDigest } from '../../../../core/digest/digest.ts';
import { RegistryError } from '../../../../core/model/errors.ts';
import type { Reference, RepositoryName, Tag } from '../../../../core/model/reference.ts';
import type { CallContext } from '../../../../core/registry/call-context.ts';
import { ForwardingCatalogService } from '../../../../core/registry/forwarding/forwarding-catalog-service.ts';
import { ForwardingLayer } from '../../../../core/registry/forwarding/forwarding-layer.ts';
import { ForwardingLayerService } from '../../../../core/registry/forwarding/forwarding-layer-service.ts';
import { ForwardingLayerUpload } from '../../../../core/registry/forwarding/forwarding-layer-upload.ts';
import { ForwardingManifestService } from '../../../../core/registry/forwarding/forwarding-manifest-service.ts';
import { ForwardingReferrerService } from '../../../../core/registry/forwarding/forwarding-referrer-service.ts';
import { ForwardingRegistry } from '../../../../core/registry/forwarding/forwarding-registry.ts';
import { ForwardingTagService } from '../../../../core/registry/forwarding/forwarding-tag-service.ts';
import type { Layer } from '../../../../core/registry/layer.ts';
import type { UploadOptions } from '../../../../core/registry/layer-service.ts';
import type { Chunk, LayerUpload } from '../../../../core/registry/layer-upload.ts';
import type { NewManifest, PutManifest } from '../../../../core/registry/manifest-service.ts';
import type { Page, PageRequest } from '../../../../core/registry/page.ts';
import type { ReferrersPage, ReferrersRequest } from '../../../../core/registry/referrer-service.ts';
import type { Registry } from '../../../../core/registry/registry.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import { composeCore } from '../../../helpers/core/core-parts.ts';
import { assertError } from '../../../helpers/http/assert-error.ts';
import { serveRegistry } from '../../../helpers/http/serve-registry.ts';
import { digestOf, imageManifest, OCI_MANIFEST } from '../../../helpers/http/with-registry.ts';

const localRegistry = (): Registry => composeCore(new MemoryDriver()).registry;

/** Refuses to take more than `maxBytes` in one chunk. */
class LimitedUpload extends ForwardingLayerUpload {
  readonly maxBytes = 8;

  override append({ body, range }: Chunk, context?: CallContext): Promise<void> {
    return super.append({ body: this.#limited(body), range }, context);
  }

  async *#limited(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
    let size = 0;
    for await (const bytes of body) {
      size += bytes.byteLength;
      if (size > this.maxBytes) throw new RegistryError('DENIED', { reason: 'the quota is used up' });
      yield bytes;
    }
  }
}

/** Refuses large blobs, and counts how often the bytes of a layer are opened. */
class LimitedLayers extends ForwardingLayerService {
  opened = 0;
  readonly callers: (CallContext | undefined)[] = [];

  override async upload(name: RepositoryName, options?: UploadOptions, context?: CallContext): Promise<LayerUpload> {
    this.callers.push(context);
    return new LimitedUpload(await super.upload(name, options, context));
  }

  override async fetch(name: RepositoryName, digest: Digest, context?: CallContext): Promise<Layer> {
    const note = (): void => void (this.opened += 1);
    return new (class extends ForwardingLayer {
      override open(...given: Parameters<Layer['open']>): ReturnType<Layer['open']> {
        note();
        return super.open(...given);
      }
    })(await super.fetch(name, digest, context));
  }
}

/** Refuses to move a tag that exists. */
class ImmutableTags extends ForwardingManifestService {
  override async put(
    name: RepositoryName,
    reference: Reference,
    manifest: NewManifest,
    context?: CallContext,
  ): Promise<PutManifest> {
    if (reference.kind === 'tag' && (await this.exists(name, reference, context))) {
      throw new RegistryError('DENIED', { reason: 'the tag is immutable' });
    }
    return super.put(name, reference, manifest, context);
  }
}

/** Leaves out names that begin with `hidden`. */
class VisibleTags extends ForwardingTagService {
  override async list(name: RepositoryName, request: PageRequest, context?: CallContext): Promise<Page<Tag>> {
    const { items, more } = await super.list(name, request, context);
    return { items: items.filter((tag) => !tag.startsWith('hidden')), more };
  }
}

/** Answers after a turn of the event loop. */
class DelayedReferrers extends ForwardingReferrerService {
  override async list(
    name: RepositoryName,
    subject: Digest,
    request: ReferrersRequest,
    context?: CallContext,
  ): Promise<ReferrersPage> {
    await new Promise(setImmediate);
    return super.list(name, subject, request, context);
  }
}

/** Counts its calls by user. */
class CountedCatalog extends ForwardingCatalogService {
  readonly users: (string | undefined)[] = [];

  override list(request: PageRequest, context?: CallContext): Promise<Page<RepositoryName>> {
    this.users.push(context?.actor?.name);
    return super.list(request, context);
  }
}

test('a decorator of the layers refuses an upload over HTTP, and what it forwards works as before', async (t) => {
  const inner = localRegistry();
  const layers = new LimitedLayers(inner.layers);
  const client = await serveRegistry(t, new ForwardingRegistry(inner, { layers }));
  const refused = await client.ask('POST', `/v2/a/b/blobs/uploads/?digest=${digestOf('far too large')}`, {
    body: 'far too large',
  });
  assertError(t, refused, 403, 'DENIED');
  const taken = await client.ask('POST', `/v2/a/b/blobs/uploads/?digest=${digestOf('small')}`, { body: 'small' });
  t.is(taken.status, 201);
  t.is((await client.ask('GET', `/v2/a/b/blobs/${digestOf('small')}`)).text, 'small');
  t.is((await client.ask('HEAD', `/v2/a/b/blobs/${digestOf('small')}`)).status, 200);
  t.is(layers.opened, 1, 'HEAD reads no bytes');
});

test('a decorator learns who calls, with which method and for which request', async (t) => {
  const inner = localRegistry();
  const layers = new LimitedLayers(inner.layers);
  const registry = new ForwardingRegistry(inner, { layers });
  const client = await serveRegistry(t, registry, { authorize: async () => ({ actor: { name: 'ada' } }) });
  const answer = await client.ask('POST', '/v2/a/b/blobs/uploads/');
  const [caller] = layers.callers;
  t.is(caller?.actor?.name, 'ada');
  t.is(caller?.method, 'POST');
  t.is(caller?.requestId, String(answer.headers['x-request-id']));
  t.true(caller?.signal instanceof AbortSignal);
});

test('decorators of manifests, tags, referrers and catalog work over HTTP together', async (t) => {
  const inner = localRegistry();
  const catalog = new CountedCatalog(inner.catalog);
  const registry = new ForwardingRegistry(inner, {
    manifests: new ImmutableTags(inner.manifests),
    tags: new VisibleTags(inner.tags),
    referrers: new DelayedReferrers(inner.referrers),
    catalog,
  });
  const client = await serveRegistry(t, registry);
  await client.pushImage('a/b', 'v1');
  await client.pushImage('a/b', 'hidden-1');
  const moved = await client.putManifest('a/b', 'v1', { body: imageManifest('layer'), type: OCI_MANIFEST });
  assertError(t, moved, 403, 'DENIED');
  t.deepEqual(JSON.parse((await client.ask('GET', '/v2/a/b/tags/list')).text), { name: 'a/b', tags: ['v1'] });
  t.is((await client.ask('GET', `/v2/a/b/referrers/${digestOf('{}')}`)).status, 200);
  t.deepEqual(JSON.parse((await client.ask('GET', '/v2/_catalog')).text), { repositories: ['a/b'] });
  t.deepEqual(catalog.users, [undefined]);
});

test('a list that says that more follows after an empty page is an error, not the silent end of the list', async (t) => {
  const inner = localRegistry();
  const endless = async (): Promise<Page<never>> => ({ items: [], more: true });
  const client = await serveRegistry(
    t,
    new ForwardingRegistry(inner, { catalog: { list: endless }, tags: { list: endless } }),
  );
  assertError(t, await client.ask('GET', '/v2/_catalog'), 500, 'UNKNOWN');
  assertError(t, await client.ask('GET', '/v2/a/tags/list'), 500, 'UNKNOWN');
});

test('a page of referrers that continues where it began is an error, not a link that clients follow for ever', async (t) => {
  const inner = localRegistry();
  const next = parseDigest(digestOf('next'));
  const referrers = { list: async (): Promise<ReferrersPage> => ({ items: [], next }) };
  const client = await serveRegistry(t, new ForwardingRegistry(inner, { referrers }));
  const path = `/v2/a/referrers/${digestOf('{}')}`;
  t.is((await client.ask('GET', path)).status, 200);
  assertError(t, await client.ask('GET', `${path}?last=${next}`), 500, 'UNKNOWN');
});
