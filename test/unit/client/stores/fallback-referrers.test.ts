import test from 'ava';
import { RegistryStore } from '../../../../client/stores/registry-store.ts';
import { type Digest, digestOf } from '../../../../core/digest/digest.ts';
import { OCI_IMAGE_MANIFEST } from '../../../../core/model/media-types.ts';
import { fallbackTag, parseRepositoryName } from '../../../../core/model/reference.ts';
import { ForwardingManifestService } from '../../../../core/registry/forwarding/forwarding-manifest-service.ts';
import { ForwardingRegistry } from '../../../../core/registry/forwarding/forwarding-registry.ts';
import type { NewManifest, PutManifest } from '../../../../core/registry/manifest-service.ts';
import type { Registry } from '../../../../core/registry/registry.ts';
import { memoryRegistry } from '../../../helpers/core/memory-registry.ts';

const repository = parseRepositoryName('team/app');

/** A registry that takes no notice of subjects. */
class PlainManifests extends ForwardingManifestService {
  override async put(...args: Parameters<Registry['manifests']['put']>): Promise<PutManifest> {
    return { ...(await super.put(...args)), subject: undefined };
  }
}

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
  await t.throwsAsync(put, { code: 'unsupported', message: /is no index of referrers/ });
  t.is((await inner.manifests.get(repository, reference)).digest, other.digest);
});
