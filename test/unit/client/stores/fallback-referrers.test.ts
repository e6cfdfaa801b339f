import test from 'ava';
import { RegistryStore } from '../../../../client/stores/registry-store.ts';
import { removeManifest } from '../../../../client/stores/remove-manifest.ts';
import { type Digest, digestOf } from '../../../../core/digest/digest.ts';
import { readStoredManifest } from '../../../../core/manifests/stored-manifest.ts';
import { RegistryError } from '../../../../core/model/errors.ts';
import { OCI_IMAGE_MANIFEST } from '../../../../core/model/media-types.ts';
import { fallbackTag, parseRepositoryName } from '../../../../core/model/reference.ts';
import { ForwardingRegistry } from '../../../../core/registry/forwarding/forwarding-registry.ts';
import type { NewManifest } from '../../../../core/registry/manifest-service.ts';
import type { Registry } from '../../../../core/registry/registry.ts';
import { memoryRegistry } from '../../../helpers/core/memory-registry.ts';
import { PlainManifests } from '../../../helpers/core/plain-manifests.ts';

const repository = parseRepositoryName('team/app');

const subject = digestOf(Buffer.from('the subject'));

/** A referrer of the subject. */
function manifestOf(id: string): NewManifest & { readonly digest: Digest; readonly mediaType: string } {
  const config = { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf(Buffer.from('{}')), size: 2 };
  const about = { mediaType: OCI_IMAGE_MANIFEST, digest: subject, size: 11 };
  const document = {
    schemaVersion: 2,
    mediaType: OCI_IMAGE_MANIFEST,
    config,
    layers: [],
    subject: about,
    annotations: { id },
  };
  const bytes = Buffer.from(JSON.stringify(document));
  return { bytes, digest: digestOf(bytes), mediaType: OCI_IMAGE_MANIFEST, contentType: OCI_IMAGE_MANIFEST };
}

test('in a registry without referrers they are listed under the fallback tag, each once', async (t) => {
  const inner = memoryRegistry();
  const registry = new ForwardingRegistry(inner, { manifests: new PlainManifests(inner.manifests) });
  const store = new RegistryStore({ registry }, { host: 'registry.test', repository });
  const made = ['a', 'b', 'c'].map(manifestOf);
  await Promise.all([...made, ...made].map((each) => store.putManifest({ ...each, tags: [], isPart: false })));
  const index = await inner.manifests.get(repository, { kind: 'tag', tag: fallbackTag(subject) });
  const { manifests } = JSON.parse(index.bytes.toString()) as {
    manifests: Array<{ digest: Digest; annotations: object }>;
  };
  t.deepEqual(manifests.map(({ digest }) => digest).sort(), made.map(({ digest }) => digest).sort());
});

test('an image that has the tag of a list of referrers is not overwritten', async (t) => {
  const inner = memoryRegistry();
  const registry = new ForwardingRegistry(inner, { manifests: new PlainManifests(inner.manifests) });
  const store = new RegistryStore({ registry }, { host: 'registry.test', repository });
  const reference = { kind: 'tag', tag: fallbackTag(subject) } as const;
  const other = manifestOf('of someone else');
  await inner.manifests.put(repository, reference, other);
  const put = store.putManifest({ ...manifestOf('a'), tags: [], isPart: false });
  await t.throwsAsync(put, { code: 'unsupported', message: /is not an index of referrers/ });
  t.is((await inner.manifests.get(repository, reference)).digest, other.digest);
});

/** A registry without referrers that takes no index of what it does not have. */
class StrictManifests extends PlainManifests {
  override async put(...args: Parameters<Registry['manifests']['put']>): ReturnType<PlainManifests['put']> {
    const [name, , { bytes }] = args;
    for (const { digest } of readStoredManifest(bytes).children)
      if (!(await this.exists(name, { kind: 'digest', digest }))) throw new RegistryError('MANIFEST_BLOB_UNKNOWN');
    return super.put(...args);
  }
}

function givenStrict() {
  const inner = memoryRegistry();
  const registry = new ForwardingRegistry(inner, { manifests: new StrictManifests(inner.manifests) });
  const store = new RegistryStore({ registry }, { host: 'registry.test', repository });
  const put = (each: ReturnType<typeof manifestOf>) => store.putManifest({ ...each, tags: [], isPart: false });
  const listed = async (): Promise<readonly Digest[]> => {
    const { bytes } = await inner.manifests.get(repository, { kind: 'tag', tag: fallbackTag(subject) });
    return readStoredManifest(bytes).children.map(({ digest }) => digest);
  };
  return { registry, inner, put, listed };
}

test('a referrer that is removed is taken off the list of its subject, to the last one', async (t) => {
  const { registry, put, listed } = givenStrict();
  const [one, two] = [manifestOf('a'), manifestOf('b')];
  for (const each of [one, two]) await put(each);
  await removeManifest(registry, { name: repository, digest: one.digest });
  t.deepEqual(await listed(), [two.digest]);
  t.false(await registry.manifests.exists(repository, { kind: 'digest', digest: one.digest }));
  await removeManifest(registry, { name: repository, digest: two.digest });
  t.deepEqual(await listed(), []);
  await t.throwsAsync(removeManifest(registry, { name: repository, digest: two.digest }), { code: 'MANIFEST_UNKNOWN' });
});

test('a list that names what is gone loses that when the next referrer is put', async (t) => {
  const { inner, put, listed } = givenStrict();
  const [gone, kept, added] = ['a', 'b', 'c'].map(manifestOf) as [
    ReturnType<typeof manifestOf>,
    ReturnType<typeof manifestOf>,
    ReturnType<typeof manifestOf>,
  ];
  for (const each of [gone, kept]) await put(each);
  await inner.manifests.delete(repository, { kind: 'digest', digest: gone.digest });
  await put(added);
  t.deepEqual(await listed(), [kept.digest, added.digest]);
});
