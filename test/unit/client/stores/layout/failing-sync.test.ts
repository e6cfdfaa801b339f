import { type FileHandle, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { copy } from '../../../../../client/copy/copy.ts';
import { LayoutStore } from '../../../../../client/stores/layout/layout-store.ts';
import { PartialFile } from '../../../../../client/stores/layout/partial-file.ts';
import { MemoryStore } from '../../../../../client/stores/memory-store.ts';
import { digestOf } from '../../../../../core/digest/digest.ts';
import { makeImage, randomLayers, tagged } from '../../../../helpers/client/images.ts';
import { tempRoot } from '../../../../helpers/drivers/temp-root.ts';

const MIB = 1024 * 1024;
const LATEST = { images: [{ from: tagged('latest') }] };

/** Runs `action` while no file of this process can be brought to the disk. */
async function withoutSync(folder: string, action: () => Promise<void>): Promise<void> {
  await using handle = await open(folder);
  const prototype = Object.getPrototypeOf(handle) as Pick<FileHandle, 'datasync'>;
  const { datasync } = prototype;
  prototype.datasync = async () => {
    throw Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO', syscall: 'fdatasync' });
  };
  try {
    await action();
  } finally {
    prototype.datasync = datasync;
  }
}

for (const [what, bytes] of Object.entries({ small: 1000, large: MIB })) {
  test.serial(`a ${what} blob that the disk does not confirm never gets its final name`, async (t) => {
    const folder = await tempRoot(t);
    const source = new MemoryStore();
    const { layers } = await makeImage(source, { layers: randomLayers(1, bytes), tag: 'latest' });
    const store = new LayoutStore(folder);
    await withoutSync(folder, async () => {
      await t.throwsAsync(copy(source, store, LATEST).result, { message: /cannot be copied/ });
    });
    for (const { digest } of layers) t.is(await store.blobSize(digest), undefined);
    await copy(source, store, LATEST).result;
    for (const { digest, size } of layers) t.is(await store.blobSize(digest), size);
  });
}

test.serial('the state of a digest is not saved before the disk has the bytes', async (t) => {
  const folder = await tempRoot(t);
  const bytes = Buffer.alloc(33 * MIB);
  const states = async (): Promise<string[]> => (await readdir(folder)).filter((name) => name.includes('.state'));
  await withoutSync(folder, async () => {
    await using partial = await PartialFile.open(folder, digestOf(bytes));
    await partial.append(bytes);
  });
  t.deepEqual(await states(), []);
  await using partial = await PartialFile.open(folder, digestOf(bytes));
  t.is(partial.size, bytes.byteLength);
  await partial.moveTo(join(folder, 'final'));
  t.deepEqual(await readdir(folder), ['final']);
});
