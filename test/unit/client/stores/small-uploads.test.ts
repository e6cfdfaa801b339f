import test from 'ava';
import { RegistryStore } from '../../../../client/stores/registry-store.ts';
import type { UploadRecords } from '../../../../client/stores/upload-records.ts';
import { digestOf } from '../../../../core/digest/digest.ts';
import { OCTET_STREAM } from '../../../../core/model/media-types.ts';
import { parseRepositoryName } from '../../../../core/model/reference.ts';
import { randomLayers } from '../../../helpers/client/images.ts';
import { bodyOf } from '../../../helpers/client/open-remote.ts';
import { memoryRegistry } from '../../../helpers/core/memory-registry.ts';

const MIB = 1024 * 1024;

test('a small blob is neither looked for among the records nor recorded, also when its upload fails', async (t) => {
  const asked: string[] = [];
  const records: UploadRecords = {
    find: async () => void asked.push('find'),
    save: async () => void asked.push('save'),
    remove: async () => void asked.push('remove'),
    release: async () => void asked.push('release'),
  };
  const options = { host: 'registry.test', repository: parseRepositoryName('team/app') };
  const store = new RegistryStore({ registry: memoryRegistry(), records }, options);
  const [below = Buffer.of(), other = Buffer.of()] = randomLayers(2, MIB - 1);
  const [least = Buffer.of()] = randomLayers(1, MIB);
  const write = (bytes: Buffer, open = async () => bodyOf(bytes)): Promise<void> =>
    store.writeBlob({ descriptor: { mediaType: OCTET_STREAM, digest: digestOf(bytes), size: bytes.byteLength }, open });
  await write(below);
  const failing = async (): Promise<never> => {
    throw new Error('killed');
  };
  await t.throwsAsync(write(other, failing), { message: 'killed' });
  t.deepEqual(asked, []);
  await write(least);
  t.deepEqual(asked, ['find', 'save', 'remove']);
});
