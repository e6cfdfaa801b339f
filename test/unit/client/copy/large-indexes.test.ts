import test from 'ava';
import { copy } from '../../../../client/copy/copy.ts';
import { MemoryStore } from '../../../../client/stores/memory-store.ts';
import { digestOf } from '../../../../core/digest/digest.ts';
import { OCI_IMAGE_MANIFEST } from '../../../../core/model/media-types.ts';
import type { Reference } from '../../../../core/model/reference.ts';
import type { StoredManifest } from '../../../../core/registry/manifest-service.ts';
import { makeImage, makeIndex, tagged } from '../../../helpers/client/images.ts';

const MIB = 1024 * 1024;
const LATEST = { images: [{ from: tagged('latest') }] };

/** A source that makes large manifests up when they are asked for. */
class HostileStore extends MemoryStore {
  reads = 0;
  readonly made = new Map<string, StoredManifest>();

  override async manifest(reference: Reference | undefined): Promise<StoredManifest> {
    this.reads += 1;
    return await ((reference?.kind === 'digest' ? this.made.get(reference.digest) : undefined) ??
      super.manifest(reference));
  }
}

test('an image that an index names a thousand times is read once', async (t) => {
  const source = new HostileStore();
  const { descriptor } = await makeImage(source, { layers: [], isPart: true });
  await makeIndex(
    source,
    Array.from({ length: 1000 }, () => descriptor),
    'latest',
  );
  await copy(source, new MemoryStore(), LATEST).result;
  t.is(source.reads, 2);
});

test('an index whose manifests would fill the memory is refused before all are read', async (t) => {
  const source = new HostileStore();
  const config = { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf(Buffer.from('{}')), size: 2 };
  const document = { schemaVersion: 2, mediaType: OCI_IMAGE_MANIFEST, config, layers: [] };
  const bytes = Buffer.from(JSON.stringify(document).padEnd(4 * MIB));
  const children = Array.from({ length: 200 }, (_, id) => {
    const digest = digestOf(Buffer.from(`${id}`));
    source.made.set(digest, { digest, mediaType: OCI_IMAGE_MANIFEST, bytes });
    return { mediaType: OCI_IMAGE_MANIFEST, digest, size: bytes.byteLength };
  });
  await makeIndex(source, children, 'latest');
  const { result } = copy(source, new MemoryStore(), LATEST);
  await t.throwsAsync(result, { code: 'manifest', message: /have more than 268435456 bytes/ });
  t.true(source.reads < 80, `${source.reads} manifests were read`);
});
