import test from 'ava';
import { copy } from '../../../../client/copy/copy.ts';
import { MemoryStore } from '../../../../client/stores/memory-store.ts';
import { RegistryStore } from '../../../../client/stores/registry-store.ts';
import { parseRepositoryName } from '../../../../core/model/reference.ts';
import { ForwardingManifestService } from '../../../../core/registry/forwarding/forwarding-manifest-service.ts';
import { ForwardingRegistry } from '../../../../core/registry/forwarding/forwarding-registry.ts';
import type { ManifestService, PutManifest } from '../../../../core/registry/manifest-service.ts';
import { collect } from '../../../helpers/client/collect.ts';
import { makeImage, randomLayers, tagged } from '../../../helpers/client/images.ts';
import { memoryRegistry } from '../../../helpers/core/memory-registry.ts';

const LATEST = { images: [{ from: tagged('latest') }] };

/** Counts what is put, as registries do that tell others of pushes. */
class CountingManifests extends ForwardingManifestService {
  puts = 0;

  override put(...call: Parameters<ManifestService['put']>): Promise<PutManifest> {
    this.puts += 1;
    return super.put(...call);
  }
}

test('a tag that is right already is not set again, and one that is not is set', async (t) => {
  const source = new MemoryStore();
  await makeImage(source, { layers: randomLayers(1, 1000), tag: 'latest' });
  const inner = memoryRegistry();
  const manifests = new CountingManifests(inner.manifests);
  const target = new RegistryStore(
    { registry: new ForwardingRegistry(inner, { manifests }) },
    { host: 'registry.test', repository: parseRepositoryName('team/app') },
  );
  await copy(source, target, LATEST).result;
  await copy(source, target, LATEST).result;
  t.is(manifests.puts, 1);
  await copy(source, target, { images: [{ from: tagged('latest'), to: tagged('other') }] }).result;
  t.is(manifests.puts, 2);
  t.deepEqual((await collect(target.tags())).sort(), ['latest', 'other'] as never);
});
