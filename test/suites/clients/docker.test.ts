import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { seedOf, testsOf } from './client-test.ts';
import { type DockerEngine, inspectImage, startDockerEngine } from './docker-engine.ts';
import { writeDockerArchive } from './images/docker-archive.ts';
import { LARGE_LAYERS, type Recipe, SMALL_LAYERS } from './images/recipe.ts';
import { assertImmutable, IMMUTABLE_TAGS } from './immutable-tags.ts';
import { fetchManifest, startRegistry } from './registry.ts';

const test = testsOf('docker', { dockerd: 'docker.io', docker: 'docker.io', htpasswd: 'apache2-utils' });

const ALICE = { name: 'alice', password: 'correct horse' };
const SCHEMA2 = 'application/vnd.docker.distribution.manifest.v2+json';
const MANIFEST_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json';

/** Loads an image as `example:latest`, and gives its id. */
async function loadExample(docker: DockerEngine, recipe: Recipe): Promise<string> {
  const archive = join(docker.folder, 'image.tar');
  const id = await writeDockerArchive(archive, recipe, 'example:latest');
  await docker.run('load', '--input', archive);
  return id;
}

async function pushExample(docker: DockerEngine, image: string): Promise<string> {
  await docker.run('tag', 'example:latest', image);
  return docker.run('push', image);
}

/** Pushes an image, forgets it, and pulls it again. */
async function roundTrip(t: ExecutionContext, layers: Recipe['layers']): Promise<void> {
  const registry = await startRegistry(t);
  const docker = await startDockerEngine(t);
  const image = `${registry.host}/team/example:v1`;
  const id = await loadExample(docker, { seed: seedOf(t), layers });
  t.is((await inspectImage(docker, 'example:latest')).Id, id);

  const said = await pushExample(docker, image);
  const { digest, mediaType } = await fetchManifest(registry, 'team/example', 'v1');
  t.is(mediaType, SCHEMA2);
  t.true(said.includes(`digest: ${digest}`), said);
  await docker.run('rmi', 'example:latest', image);
  t.is(await docker.run('images', '--quiet', '--all'), '');
  await docker.run('pull', image);

  const pulled = await inspectImage(docker, image);
  t.is(pulled.Id, id);
  t.is(pulled.RootFS.Layers.length, layers.length);
  t.deepEqual(pulled.RepoDigests, [`${registry.host}/team/example@${digest}`]);
}

test('a loaded image that was pushed and removed is pulled with the same id and digest', (t) =>
  roundTrip(t, SMALL_LAYERS));

test('an image with a layer of 200 MB is pushed and pulled with the same id and digest', (t) =>
  roundTrip(t, LARGE_LAYERS));

test('an image is pulled by its digest', async (t) => {
  const registry = await startRegistry(t);
  const docker = await startDockerEngine(t);
  const id = await loadExample(docker, { seed: seedOf(t), layers: SMALL_LAYERS });
  await pushExample(docker, `${registry.host}/example:v1`);
  const { digest } = await fetchManifest(registry, 'example', 'v1');
  await docker.run('rmi', '--force', id);

  await docker.run('pull', `${registry.host}/example@${digest}`);

  t.is((await inspectImage(docker, `${registry.host}/example@${digest}`)).Id, id);
});

test('a push to a second repository mounts the layers, and a repeated push finds them', async (t) => {
  const registry = await startRegistry(t);
  const docker = await startDockerEngine(t);
  await loadExample(docker, { seed: seedOf(t), layers: SMALL_LAYERS });
  await pushExample(docker, `${registry.host}/team/from:v1`);

  const mounted = await pushExample(docker, `${registry.host}/other/to:v1`);
  const repeated = await pushExample(docker, `${registry.host}/other/to:v2`);

  t.is(mounted.match(/Mounted from team\/from/g)?.length, SMALL_LAYERS.length, mounted);
  t.is(repeated.match(/Layer already exists/g)?.length, SMALL_LAYERS.length, repeated);
  t.is(
    (await fetchManifest(registry, 'other/to', 'v2')).digest,
    (await fetchManifest(registry, 'team/from', 'v1')).digest,
  );
});

test('a manifest list made by the command line gives each architecture its image', async (t) => {
  const registry = await startRegistry(t);
  const docker = await startDockerEngine(t);
  const seed = seedOf(t);
  const list = `${registry.host}/many:v1`;
  const ids = new Map<string, string>();
  const images: string[] = [];
  for (const architecture of ['amd64', 'arm64']) {
    ids.set(architecture, await loadExample(docker, { seed, architecture, layers: SMALL_LAYERS }));
    const image = `${registry.host}/many:${architecture}`;
    await pushExample(docker, image);
    images.push(image);
  }
  await docker.run('manifest', 'create', '--insecure', list, ...images);
  await docker.run('manifest', 'push', '--insecure', list);
  t.is((await fetchManifest(registry, 'many', 'v1')).mediaType, MANIFEST_LIST);

  await docker.run('rmi', '--force', ...ids.values());
  for (const architecture of ids.keys()) {
    await docker.run('pull', '--platform', `linux/${architecture}`, list);
    t.is((await inspectImage(docker, list)).Id, ids.get(architecture) ?? 'none');
  }
});

test('login accepts only the right password, and push and pull need the login', async (t) => {
  const registry = await startRegistry(t, { user: ALICE });
  const docker = await startDockerEngine(t);
  const image = `${registry.host}/private/example:v1`;
  const id = await loadExample(docker, { seed: seedOf(t), layers: SMALL_LAYERS });
  await docker.run('tag', 'example:latest', image);

  const anonymous = await docker.attempt('push', image);
  t.not(anonymous.code, 0);
  t.regex(anonymous.stderr, /no basic auth credentials|unauthorized|authentication required/);
  const wrong = await docker.login(registry.host, ALICE.name, 'wrong');
  t.not(wrong.code, 0);
  t.regex(wrong.stderr, /unauthorized|401/i);

  const right = await docker.login(registry.host, ALICE.name, ALICE.password);
  t.is(right.code, 0, right.stderr);
  t.regex(right.stdout, /Login Succeeded/);
  await docker.run('push', image);
  await docker.run('rmi', 'example:latest', image);
  await docker.run('pull', image);
  t.is((await inspectImage(docker, image)).Id, id);

  await docker.run('logout', registry.host);
  await docker.run('rmi', image);
  t.not((await docker.attempt('pull', image)).code, 0);
});

test('an immutable tag takes the same image again and no other one, and docker says why', async (t) => {
  const registry = await startRegistry(t, { middleware: IMMUTABLE_TAGS });
  const docker = await startDockerEngine(t);
  const seed = seedOf(t);
  const image = `${registry.host}/app:v1`;

  await loadExample(docker, { seed, layers: SMALL_LAYERS });
  await pushExample(docker, image);
  const { digest } = await fetchManifest(registry, 'app', 'v1');
  await pushExample(docker, image);
  await loadExample(docker, { seed: `${seed}/other`, layers: SMALL_LAYERS });
  await docker.run('tag', 'example:latest', image);
  assertImmutable(t, await docker.attempt('push', image), 'v1');

  t.is((await fetchManifest(registry, 'app', 'v1')).digest, digest);
});
