import { setImmediate as nextTurn } from 'node:timers/promises';
import test from 'ava';
import { type Digest, digestOf } from '../../../../core/digest/digest.ts';
import { RegistryError } from '../../../../core/model/errors.ts';
import { parseRepositoryName, parseTag, type Reference } from '../../../../core/model/reference.ts';
import { ForwardingManifestService } from '../../../../core/registry/forwarding/forwarding-manifest-service.ts';
import type { ManifestService, NewManifest, PutManifest } from '../../../../core/registry/manifest-service.ts';
import type { Registry } from '../../../../core/registry/registry.ts';
import { singleProcess } from '../../../../plugins/coordination/coordination.ts';
import { NamePattern } from '../../../../plugins/patterns/name-pattern.ts';
import { ImmutableManifestService } from '../../../../plugins/registry-wrappers/immutable-tags/immutable-manifest-service.ts';
import { SharedMutex } from '../../../../plugins/registry-wrappers/immutable-tags/shared-mutex.ts';
import { TagRules } from '../../../../plugins/registry-wrappers/immutable-tags/tag-rules.ts';
import { memoryRegistry } from '../../../helpers/core/memory-registry.ts';
import { imageManifest, OCI_MANIFEST } from '../../../helpers/http/with-registry.ts';

const NAME = parseRepositoryName('app');
const TAG = parseTag('v1');
const V1 = { kind: 'tag', tag: TAG } as const;
const [ONE, TWO, THREE] = ['one', 'two', 'three'].map((layer) => ({
  bytes: Buffer.from(imageManifest(layer)),
  contentType: OCI_MANIFEST,
})) as [NewManifest, NewManifest, NewManifest];

/** An instance in front of a registry that shares locks with no other. */
function instanceOf(registry: Registry): ManifestService {
  const everything = [new NamePattern('**')];
  const rules = new TagRules({ tags: everything, except: [], repositories: everything });
  return new ImmutableManifestService(registry, { rules, mutex: new SharedMutex(singleProcess().locks) });
}

/** Lets pushes through in the order of their calls when so many have arrived. */
class Together extends ForwardingManifestService {
  readonly #awaited: number;
  readonly #all = Promise.withResolvers<void>();
  #arrived = 0;

  constructor(inner: ManifestService, awaited: number) {
    super(inner);
    this.#awaited = awaited;
  }

  override async put(name: typeof NAME, reference: Reference, manifest: NewManifest): Promise<PutManifest> {
    this.#arrived += 1;
    if (this.#arrived === this.#awaited) this.#all.resolve();
    await this.#all.promise;
    return super.put(name, reference, manifest);
  }
}

async function digestUnder(manifests: ManifestService): Promise<Digest> {
  return (await manifests.get(NAME, V1)).digest;
}

test('a push that waits for another one ends when its client disconnects', async (t) => {
  const registry = memoryRegistry();
  const put = Promise.withResolvers<PutManifest>();
  const manifests = instanceOf({ ...registry, manifests: { ...registry.manifests, put: () => put.promise } });
  const first = manifests.put(NAME, V1, ONE);
  await nextTurn();
  const controller = new AbortController();
  const reason = new Error('the client has gone away');
  const second = t.throwsAsync(manifests.put(NAME, V1, TWO, { signal: controller.signal }));
  const remove = t.throwsAsync(manifests.delete(NAME, V1, { signal: controller.signal }));
  await nextTurn();
  controller.abort(reason);
  t.is(await second, reason);
  t.is(await remove, reason);
  put.resolve({ digest: digestOf(ONE.bytes), mediaType: OCI_MANIFEST, subject: undefined, warnings: [] });
  await first;
});

test('a delete is refused when the tags cannot be listed to their end, because one of them could be immutable', async (t) => {
  const registry = memoryRegistry();
  const { digest } = await registry.manifests.put(NAME, V1, ONE);
  const tags = { list: async () => ({ items: [], more: true }) };
  const manifests = instanceOf({ ...registry, tags });
  await t.throwsAsync(manifests.delete(NAME, { kind: 'digest', digest }), { message: /does not get past/ });
  t.is(await digestUnder(registry.manifests), digest);
});

test('instances that share no locks may both set a new tag in the same moment: the later one wins, then the tag stays', async (t) => {
  const registry = memoryRegistry();
  const storage = { ...registry, manifests: new Together(registry.manifests, 2) };
  const [here, there] = [instanceOf(storage), instanceOf(storage)];
  await Promise.all([here.put(NAME, V1, ONE), there.put(NAME, V1, TWO)]);
  const winner = await digestUnder(here);
  t.true([ONE, TWO].some(({ bytes }) => digestOf(bytes) === winner));
  for (const instance of [here, there]) {
    const error = await t.throwsAsync(instance.put(NAME, V1, THREE), { instanceOf: RegistryError });
    t.is(error.code, 'TAG_IMMUTABLE');
    t.is((await t.throwsAsync(instance.delete(NAME, V1), { instanceOf: RegistryError })).code, 'TAG_IMMUTABLE');
    t.is(await digestUnder(instance), winner);
  }
});

test('a plugin may name a tag twice in one push', async (t) => {
  const manifests = instanceOf(memoryRegistry());
  const { digest } = await manifests.put(NAME, V1, { ...ONE, tags: [TAG, TAG] });
  t.is(await digestUnder(manifests), digest);
});
