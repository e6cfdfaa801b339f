import { gzipSync } from 'node:zlib';
import test from 'ava';
import { ArchiveFiles } from '../../../../../client/stores/archive/archive-files.ts';
import { ArchiveSource } from '../../../../../client/stores/archive/archive-source.ts';
import { DockerArchiveFiles } from '../../../../../client/stores/archive/docker-archive-files.ts';
import type { LayoutFiles } from '../../../../../client/stores/layout/layout-files.ts';
import { archiveOf, dockerArchive, file } from '../../../../helpers/client/archives.ts';

const LAYER = Buffer.alloc(5000, 'layer');

/** An archive with two images of one compressed layer. */
function sharingImages() {
  const images = [
    { layers: [LAYER], tags: ['a:1'] },
    { layers: [LAYER], tags: ['b:1'] },
  ];
  return dockerArchive(images).map((entry) => {
    const {
      header: { name },
      body,
    } = entry;
    if (name.endsWith('layer.tar')) return file(name, gzipSync(LAYER));
    return name === 'manifest.json' && typeof body === 'string' ? file(name, body.replace('1/0/', '0/')) : entry;
  });
}

test('a compressed layer that several images share is read once', async (t) => {
  await using files = await ArchiveFiles.open(await archiveOf(t, sharingImages()));
  const opened: string[] = [];
  const counting: LayoutFiles = {
    read: (path, maxBytes) => files.read(path, maxBytes),
    size: (path) => files.size(path),
    open: (path, start, context) => {
      opened.push(path);
      return files.open(path, start, context);
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
  const archive = await DockerArchiveFiles.open(counting, 'archive', {});
  t.deepEqual(opened, ['0/layer.tar']);
  const index = await archive.read('index.json', 100_000);
  t.is((JSON.parse(String(index)) as { manifests: object[] }).manifests.length, 2);
});

test('an archive whose layers have to be read is not opened when its caller has given up', async (t) => {
  const path = await archiveOf(t, sharingImages());
  const signal = AbortSignal.abort(new Error('stopped'));
  await t.throwsAsync(ArchiveSource.open(path, path, { signal }), { message: 'stopped' });
});
