import test from 'ava';
import { copy } from '../../../../client/copy/copy.ts';
import { MemoryStore } from '../../../../client/stores/memory-store.ts';
import { RegistryErrors } from '../../../../core/model/errors.ts';
import { OCI_IMAGE_MANIFEST } from '../../../../core/model/media-types.ts';
import { CONFIG_TYPE, LAYER_TYPE, putDocument, tagged } from '../../../helpers/client/images.ts';

for (const size of [null, 0, undefined]) {
  test(`a layer whose size is ${String(size)} is told with its place in the manifest`, async (t) => {
    const source = new MemoryStore();
    const config = source.add(Buffer.from('{}'), CONFIG_TYPE);
    const layers = [{ ...source.add(Buffer.from('layer'), LAYER_TYPE), size }];
    await putDocument(source, OCI_IMAGE_MANIFEST, { config, layers }, { tag: 'v1', isPart: false });
    const { result } = copy(source, new MemoryStore(), { images: [{ from: tagged('v1') }] });
    const error = await t.throwsAsync(result);
    t.true(error.cause instanceof RegistryErrors);
    t.like((error.cause as RegistryErrors).errors[0], { code: 'MANIFEST_INVALID', detail: { at: 'layers[0].size' } });
  });
}

test('a blob without bytes is copied', async (t) => {
  const source = new MemoryStore();
  const config = source.add(Buffer.from('{}'), CONFIG_TYPE);
  const layer = source.add(Buffer.of(), LAYER_TYPE);
  await putDocument(source, OCI_IMAGE_MANIFEST, { config, layers: [layer] }, { tag: 'v1', isPart: false });
  const target = new MemoryStore();
  await copy(source, target, { images: [{ from: tagged('v1') }] }).result;
  t.is(await target.blobSize(layer.digest), 0);
});
