import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { unpackTar } from 'modern-tar';
import { copy } from '../../../../../client/copy/copy.ts';
import { ArchiveSource } from '../../../../../client/stores/archive/archive-source.ts';
import { ArchiveTarget } from '../../../../../client/stores/archive/archive-target.ts';
import { archiveOf, dockerArchive } from '../../../../helpers/client/archives.ts';
import { collect } from '../../../../helpers/client/collect.ts';
import { randomLayers, tagged } from '../../../../helpers/client/images.ts';
import { tempRoot } from '../../../../helpers/drivers/temp-root.ts';

test('the images of an archive with two repositories keep their names in another archive', async (t) => {
  const entries = dockerArchive([
    { layers: randomLayers(1, 100), tags: ['team/a:1'] },
    { layers: randomLayers(1, 100), tags: ['b:1', 'b:latest'] },
  ]);
  await using archive = await ArchiveSource.open(await archiveOf(t, entries));
  await t.throwsAsync(archive.manifest(tagged('1')), { code: 'ambiguous' });
  const [a, b] = [await archive.named('team/a:1'), await archive.named('docker.io/library/b:1')];
  t.not(a, b);
  t.is(b, (await archive.manifest(tagged('latest'))).digest);
  for (const format of ['docker', 'oci'] as const) {
    const path = join(await tempRoot(t), 'copy.tar');
    await copy(archive, new ArchiveTarget({ path, format }), { tags: {} }).result;
    await using copied = await ArchiveSource.open(path);
    const names = new Map((await collect(copied.names())).map(({ name, digest }) => [name, digest]));
    t.deepEqual(
      names,
      new Map([
        ['team/a:1', a],
        ['b:1', b],
        ['b:latest', b],
      ]) as never,
    );
    if (format === 'oci') continue;
    const found = (await unpackTar(await readFile(path))).find(({ header }) => header.name === 'manifest.json');
    const written = JSON.parse(Buffer.from(found?.data ?? []).toString()) as ReadonlyArray<{ RepoTags: string[] }>;
    t.deepEqual(
      written.map(({ RepoTags }) => RepoTags),
      [['team/a:1'], ['b:1', 'b:latest']],
    );
  }
});
