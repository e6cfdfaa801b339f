import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import {
  ArchiveSource,
  ArchiveTarget,
  copy,
  LayoutStore,
  MemoryStore,
  type ObjectStore,
} from '../../../client/index.ts';
import { tagged } from '../../helpers/client/images.ts';
import { seedOf, testsOf } from './client-test.ts';
import { run } from './commands.ts';
import { containersHome } from './containers-home.ts';
import { inspectImage, startDockerEngine } from './docker-engine.ts';
import { writeDockerArchive } from './images/docker-archive.ts';
import { writeImageLayout, writeIndexLayout } from './images/oci-layout.ts';
import { SMALL_LAYERS } from './images/recipe.ts';

const test = testsOf('skopeo and docker on the files of the client', {
  skopeo: 'skopeo',
  dockerd: 'docker.io',
  docker: 'docker.io',
});

const LATEST = { images: [{ from: tagged('latest') }] };

async function skopeoIn(t: ExecutionContext) {
  const { folder, env } = await containersHome(t);
  const skopeo = (...args: string[]): Promise<string> => run('skopeo', args, { env });
  const digestOf = async (image: string): Promise<string> => skopeo('manifest-digest', await rawOf(image));
  const rawOf = async (image: string): Promise<string> => {
    const file = join(folder, 'manifest.json');
    await run('sh', ['-c', 'skopeo inspect --raw "$0" > "$1"', image, file], { env });
    return file;
  };
  return { folder, skopeo, digestOf, seed: seedOf(t) };
}

test('skopeo reads the layouts and archives that the client writes, with the same digests', async (t) => {
  const { folder, skopeo, digestOf, seed } = await skopeoIn(t);
  const given = join(folder, 'given');
  const { digest } = await writeImageLayout(given, { seed, layers: SMALL_LAYERS });
  const source = new LayoutStore(given);
  const layout = join(folder, 'layout');
  const oci = join(folder, 'oci.tar');
  const docker = join(folder, 'docker.tar');
  for (const target of [
    new LayoutStore(layout),
    new ArchiveTarget({ path: oci, format: 'oci' }),
    new ArchiveTarget({ path: docker, format: 'docker', name: 'team/app' }),
  ]) {
    await copy(source, target, LATEST).result;
  }
  t.is(await digestOf(`oci:${layout}:latest`), digest);
  t.is(await digestOf(`oci-archive:${oci}:latest`), digest);
  t.is(await digestOf(`oci-archive:${docker}:latest`), digest);
  // It unpacks every layer and compares it with the configuration.
  await skopeo('copy', `docker-archive:${docker}:team/app:latest`, `dir:${join(folder, 'unpacked')}`);
});

test('the client reads what skopeo writes', async (t) => {
  const { folder, skopeo, seed } = await skopeoIn(t);
  const given = join(folder, 'given');
  const { digest } = await writeImageLayout(given, { seed, layers: SMALL_LAYERS });
  await skopeo('copy', `oci:${given}:latest`, `oci:${folder}/layout:latest`);
  await skopeo('copy', `oci:${given}:latest`, `oci-archive:${folder}/oci.tar:latest`);
  await skopeo('copy', `oci:${given}:latest`, `docker-archive:${folder}/docker.tar:team/app:latest`);
  const sources: ObjectStore[] = [
    new LayoutStore(`${folder}/layout`),
    await ArchiveSource.open(`${folder}/oci.tar`),
    await ArchiveSource.open(`${folder}/docker.tar`),
  ];
  const digests: string[] = [];
  for (const source of sources) {
    await using _ = source;
    const { images } = await copy(source, new MemoryStore(), LATEST).result;
    digests.push(images[0]?.digest ?? '');
  }
  t.deepEqual(digests.slice(0, 2), [digest, digest]);
});

test('an index of several platforms goes through layouts and archives of both', async (t) => {
  const { folder, skopeo, digestOf, seed } = await skopeoIn(t);
  const given = join(folder, 'given');
  const recipes = ['amd64', 'arm64'].map((architecture) => ({ seed, architecture, layers: SMALL_LAYERS }));
  const { digest } = await writeIndexLayout(given, recipes);
  await copy(new LayoutStore(given), new ArchiveTarget({ path: `${folder}/oci.tar`, format: 'oci' }), LATEST).result;
  await skopeo('copy', '--all', `oci-archive:${folder}/oci.tar:latest`, `oci:${folder}/back:latest`);
  t.is(await digestOf(`oci:${folder}/back:latest`), digest);
  const { images } = await copy(new LayoutStore(`${folder}/back`), new MemoryStore(), LATEST).result;
  t.is(images[0]?.digest as string, digest);
});

test('Docker loads what the client writes, and the client reads what Docker saves', async (t) => {
  const docker = await startDockerEngine(t);
  const given = join(docker.folder, 'given.tar');
  const id = await writeDockerArchive(given, { seed: seedOf(t), layers: SMALL_LAYERS }, 'example:latest');
  const written = join(docker.folder, 'written.tar');
  await using archive = await ArchiveSource.open(given);
  const target = new ArchiveTarget({ path: written, format: 'docker', name: 'example' });
  await copy(archive, target, LATEST).result;
  await docker.run('load', '--input', written);
  t.is((await inspectImage(docker, 'example:latest')).Id, id);
  const saved = join(docker.folder, 'saved.tar');
  await docker.run('save', '--output', saved, 'example:latest');
  await using back = await ArchiveSource.open(saved);
  const { images } = await copy(back, new MemoryStore(), LATEST).result;
  t.is(images[0]?.digest, (await archive.manifest(undefined)).digest);
});
