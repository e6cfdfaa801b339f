import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { packTar } from 'modern-tar';
import { copy } from '../../../../client/copy/copy.ts';
import { CopyError } from '../../../../client/copy/copy-error.ts';
import { ArchiveSource } from '../../../../client/stores/archive/archive-source.ts';
import { ArchiveTarget } from '../../../../client/stores/archive/archive-target.ts';
import { LayoutStore } from '../../../../client/stores/layout/layout-store.ts';
import { MemoryStore } from '../../../../client/stores/memory-store.ts';
import type { ObjectStore } from '../../../../client/stores/object-store.ts';
import { StoreError, type StoreErrorCode } from '../../../../client/stores/store-error.ts';
import { OCI_IMAGE_MANIFEST } from '../../../../core/model/media-types.ts';
import { collect } from '../../../helpers/client/collect.ts';
import { makeImage, makeIndex, putDocument, randomLayers, tagged } from '../../../helpers/client/images.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';

async function isRefused(t: ExecutionContext, open: () => ObjectStore, [tag, code]: [string, StoreErrorCode]) {
  const source = new MemoryStore();
  const { descriptor } = await makeImage(source, { layers: randomLayers(1, 100), tag: 'image' });
  await makeIndex(source, [descriptor], 'index');
  const config = source.add(Buffer.from('{}'), 'application/vnd.example.chart.config.v1+json');
  await putDocument(source, OCI_IMAGE_MANIFEST, { config, layers: [] }, { tag: 'chart', isPart: false });
  for (const dryRun of [true, false]) {
    await using target = open();
    const events: string[] = [];
    const run = copy(source, target, { images: [{ from: tagged(tag) }] }, { dryRun });
    const error = await t.throwsAsync(
      async () => {
        for await (const { type } of run) events.push(type);
      },
      { instanceOf: CopyError },
    );
    t.true(StoreError.is(error.cause, code), String(error.cause));
    t.deepEqual(events, ['image-begun', 'image-failed']);
  }
}

test('an index is refused for an archive of Docker before anything is moved', async (t) => {
  const folder = await tempRoot(t);
  const open = () => new ArchiveTarget({ path: join(folder, 'image.tar'), format: 'docker' });
  await isRefused(t, open, ['index', 'unsupported']);
  t.deepEqual(await readdir(folder), []);
});

test('an artifact is refused for an archive of Docker before anything is moved', async (t) => {
  const folder = await tempRoot(t);
  const open = () => new ArchiveTarget({ path: join(folder, 'chart.tar'), format: 'docker' });
  await isRefused(t, open, ['chart', 'unsupported']);
  t.deepEqual(await readdir(folder), []);
});

test('an archive replaces no file that is something else, also no other archive', async (t) => {
  const folder = await tempRoot(t);
  const texts = join(folder, 'notes.txt');
  await writeFile(texts, 'precious');
  const backup = join(folder, 'backup.tar');
  await writeFile(backup, await packTar([{ header: { name: 'precious', size: 1 }, body: 'x' }]));
  for (const path of [texts, backup]) {
    const before = await readFile(path);
    await isRefused(t, () => new ArchiveTarget({ path, format: 'oci' }), ['image', 'invalid']);
    t.deepEqual(await readFile(path), before);
  }
  const empty = join(folder, 'empty.tar');
  await writeFile(empty, '');
  const source = new MemoryStore();
  for (const tag of ['a', 'b']) {
    await makeImage(source, { layers: randomLayers(1, 100), tag });
    await using target = new ArchiveTarget({ path: empty, format: 'oci' });
    await copy(source, target, { images: [{ from: tagged(tag) }] }).result;
  }
  await using written = await ArchiveSource.open(empty);
  t.deepEqual(await collect(written.tags()), ['b'] as never[]);
});

test('an archive under the name of a folder is refused before anything is moved', async (t) => {
  const path = join(await tempRoot(t), 'folder');
  await mkdir(path);
  for (const format of ['oci', 'docker'] as const) {
    await isRefused(t, () => new ArchiveTarget({ path, format }), ['image', 'invalid']);
  }
});

test('a target below a file is refused before anything is moved', async (t) => {
  const file = join(await tempRoot(t), 'file');
  await writeFile(file, '');
  await isRefused(t, () => new ArchiveTarget({ path: join(file, 'image.tar'), format: 'oci' }), ['image', 'invalid']);
  await isRefused(t, () => new LayoutStore(join(file, 'new', 'layout')), ['image', 'invalid']);
});

test('a folder that has something else under the names of a layout is refused before anything is moved', async (t) => {
  const folder = await tempRoot(t);
  await writeFile(join(folder, 'index.json'), '{"manifests": []}');
  await isRefused(t, () => new LayoutStore(folder), ['image', 'invalid']);
  t.deepEqual(await readdir(folder), ['index.json']);
});
