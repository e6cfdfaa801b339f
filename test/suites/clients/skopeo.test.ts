import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { seedOf, testsOf } from './client-test.ts';
import { attempt, type Outcome, run } from './commands.ts';
import { containersHome } from './containers-home.ts';
import { writeDockerArchive } from './images/docker-archive.ts';
import { blobDigests, readEntry, writeImageLayout, writeIndexLayout } from './images/oci-layout.ts';
import { LARGE_LAYERS, SMALL_LAYERS } from './images/recipe.ts';
import { assertImmutable, IMMUTABLE_TAGS } from './immutable-tags.ts';
import { fetchManifest, type RegistryOptions, startRegistry } from './registry.ts';

const test = testsOf('skopeo', { skopeo: 'skopeo', htpasswd: 'apache2-utils' });

const PLAIN_COPY = ['copy', '--src-tls-verify=false', '--dest-tls-verify=false'];
const ALICE = { name: 'alice', password: 'correct horse' };

/** A registry, a folder, and skopeo for it. */
async function setUp(t: ExecutionContext, options: RegistryOptions = {}) {
  const { folder, env } = await containersHome(t);
  const registry = await startRegistry(t, options);
  const skopeo = {
    run: (...args: string[]): Promise<string> => run('skopeo', args, { env }),
    attempt: (...args: string[]): Promise<Outcome> => attempt('skopeo', args, { env }),
  };
  return { folder, registry, skopeo, seed: seedOf(t) };
}

async function readJson(file: string): Promise<unknown> {
  return JSON.parse(await readFile(file, 'utf8'));
}

test('an OCI image with a layer of 200 MB comes back byte for byte', async (t) => {
  const { folder, registry, skopeo, seed } = await setUp(t);
  const pushed = join(folder, 'pushed');
  const pulled = join(folder, 'pulled');
  const manifest = await writeImageLayout(pushed, { seed, layers: LARGE_LAYERS });

  await skopeo.run(...PLAIN_COPY, `oci:${pushed}:latest`, `docker://${registry.host}/library/large:v1`);
  await skopeo.run(...PLAIN_COPY, `docker://${registry.host}/library/large:v1`, `oci:${pulled}:latest`);

  t.like(await readEntry(pulled), { digest: manifest.digest, mediaType: manifest.mediaType, size: manifest.size });
  t.deepEqual(await blobDigests(pulled), await blobDigests(pushed));
  t.is((await fetchManifest(registry, 'library/large', 'v1')).digest, manifest.digest);
});

test('a Docker archive becomes a schema 2 image with the same configuration', async (t) => {
  const { folder, registry, skopeo, seed } = await setUp(t);
  const archive = join(folder, 'image.tar');
  const id = await writeDockerArchive(archive, { seed, layers: SMALL_LAYERS }, 'example:latest');
  const image = `docker://${registry.host}/docker/schema2:v1`;

  await skopeo.run(...PLAIN_COPY, '--format', 'v2s2', `docker-archive:${archive}`, image);
  await skopeo.run(...PLAIN_COPY, image, `dir:${join(folder, 'pulled')}`);

  const raw = await skopeo.run('inspect', '--tls-verify=false', '--raw', image);
  t.like(JSON.parse(raw), {
    schemaVersion: 2,
    mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
    config: { digest: id },
  });
  t.deepEqual(await readJson(join(folder, 'pulled/manifest.json')), JSON.parse(raw));
  t.like(await readJson(join(folder, 'pulled', id.slice(7))), { config: { Labels: { seed } } });
});

test('an index keeps its digest and the images of all architectures', async (t) => {
  const { folder, registry, skopeo, seed } = await setUp(t);
  const pushed = join(folder, 'pushed');
  const pulled = join(folder, 'pulled');
  const architectures = ['amd64', 'arm64', 's390x'];
  const index = await writeIndexLayout(
    pushed,
    architectures.map((architecture) => ({ seed, architecture, layers: SMALL_LAYERS })),
  );
  const image = `docker://${registry.host}/many:v1`;

  await skopeo.run(...PLAIN_COPY, '--all', `oci:${pushed}:latest`, image);
  await skopeo.run(...PLAIN_COPY, '--all', image, `oci:${pulled}:latest`);

  t.is((await readEntry(pulled)).digest, index.digest);
  t.deepEqual(await blobDigests(pulled), await blobDigests(pushed));
  for (const architecture of architectures) {
    const config = await skopeo.run(
      '--override-arch',
      architecture,
      'inspect',
      '--tls-verify=false',
      '--config',
      image,
    );
    t.like(JSON.parse(config), { architecture });
  }
});

test('layers that skopeo compresses with zstd come back', async (t) => {
  const { folder, registry, skopeo, seed } = await setUp(t);
  const archive = join(folder, 'image.tar');
  await writeDockerArchive(archive, { seed, layers: SMALL_LAYERS }, 'example:latest');
  const image = `docker://${registry.host}/zstd:v1`;
  const zstd = ['--format', 'oci', '--dest-compress-format', 'zstd'];

  await skopeo.run(...PLAIN_COPY, ...zstd, `docker-archive:${archive}`, image);
  await skopeo.run(...PLAIN_COPY, image, `oci:${join(folder, 'pulled')}:latest`);

  const pulled = await readEntry(join(folder, 'pulled'));
  t.is(pulled.digest, (await fetchManifest(registry, 'zstd', 'v1')).digest);
  const manifest = await readJson(join(folder, 'pulled/blobs/sha256', pulled.digest.slice(7)));
  t.like(manifest, { layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar+zstd' }] });
});

test('inspect and list-tags say what was pushed', async (t) => {
  const { folder, registry, skopeo, seed } = await setUp(t);
  const layout = join(folder, 'pushed');
  const manifest = await writeImageLayout(layout, { seed, layers: SMALL_LAYERS });
  for (const tag of ['v2', 'v1', 'latest']) {
    await skopeo.run(...PLAIN_COPY, `oci:${layout}:latest`, `docker://${registry.host}/a/b/c:${tag}`);
  }

  const inspected = await skopeo.run('inspect', '--tls-verify=false', `docker://${registry.host}/a/b/c:v2`);
  const listed = await skopeo.run('list-tags', '--tls-verify=false', `docker://${registry.host}/a/b/c`);

  t.like(JSON.parse(inspected), {
    Digest: manifest.digest,
    RepoTags: ['latest', 'v1', 'v2'],
    Architecture: 'amd64',
    Labels: { seed },
  });
  t.deepEqual((JSON.parse(listed) as { Tags: string[] }).Tags, ['latest', 'v1', 'v2']);
});

test('a deleted image is gone, and another push brings it back', async (t) => {
  const { folder, registry, skopeo, seed } = await setUp(t);
  const layout = join(folder, 'pushed');
  const manifest = await writeImageLayout(layout, { seed, layers: SMALL_LAYERS });
  const image = `docker://${registry.host}/short-lived:v1`;
  await skopeo.run(...PLAIN_COPY, `oci:${layout}:latest`, image);

  await skopeo.run('delete', '--tls-verify=false', image);

  for (const reference of ['v1', manifest.digest]) {
    await t.throwsAsync(fetchManifest(registry, 'short-lived', reference), { message: /answered 404/ });
  }
  const outcome = await skopeo.attempt('inspect', '--tls-verify=false', image);
  t.not(outcome.code, 0);
  t.regex(outcome.stderr, /manifest unknown/);

  await skopeo.run(...PLAIN_COPY, `oci:${layout}:latest`, image);
  t.is((await fetchManifest(registry, 'short-lived', 'v1')).digest, manifest.digest);
});

test('a copy between two repositories of a registry mounts the layers and uploads none', async (t) => {
  const { folder, registry, skopeo, seed } = await setUp(t);
  const layout = join(folder, 'pushed');
  const manifest = await writeImageLayout(layout, { seed, layers: SMALL_LAYERS });
  const from = `docker://${registry.host}/team/from:v1`;
  const to = `docker://${registry.host}/other/to:v1`;
  await skopeo.run(...PLAIN_COPY, `oci:${layout}:latest`, from);

  const copy = await skopeo.attempt('--debug', ...PLAIN_COPY, from, to);

  t.is(copy.code, 0, copy.stderr);
  t.is(copy.stderr.match(/mount OK/g)?.length, SMALL_LAYERS.length, copy.stderr);
  t.is((await fetchManifest(registry, 'other/to', 'v1')).digest, manifest.digest);
  await skopeo.run(...PLAIN_COPY, to, `oci:${join(folder, 'pulled')}:latest`);
  t.deepEqual(await blobDigests(join(folder, 'pulled')), await blobDigests(layout));
});

test('only the right password pushes and pulls', async (t) => {
  const { folder, registry, skopeo, seed } = await setUp(t, { user: ALICE });
  const layout = join(folder, 'pushed');
  const manifest = await writeImageLayout(layout, { seed, layers: SMALL_LAYERS });
  const image = `docker://${registry.host}/private/image:v1`;
  const push = [...PLAIN_COPY, `oci:${layout}:latest`, image];
  const right = `${ALICE.name}:${ALICE.password}`;

  for (const credentials of [[], ['--dest-creds', `${ALICE.name}:wrong`], ['--dest-creds', 'mallory:correct horse']]) {
    const outcome = await skopeo.attempt(...push, ...credentials);
    t.not(outcome.code, 0);
    t.regex(outcome.stderr, /authentication required|unauthorized/);
  }
  await skopeo.run(...push, '--dest-creds', right);
  const anonymous = await skopeo.attempt('inspect', '--tls-verify=false', image);
  t.not(anonymous.code, 0);
  t.regex(anonymous.stderr, /authentication required|unauthorized/);
  await skopeo.run(...PLAIN_COPY, '--src-creds', right, image, `oci:${join(folder, 'pulled')}:latest`);
  t.is((await readEntry(join(folder, 'pulled'))).digest, manifest.digest);
});

test('an immutable tag takes the same image again and no other one, and skopeo says why', async (t) => {
  const { folder, registry, skopeo, seed } = await setUp(t, { middleware: IMMUTABLE_TAGS });
  const [first, second] = [join(folder, 'first'), join(folder, 'second')];
  const { digest } = await writeImageLayout(first, { seed, layers: SMALL_LAYERS });
  await writeImageLayout(second, { seed: `${seed}/other`, layers: SMALL_LAYERS });
  const push = (layout: string, tag: string) =>
    skopeo.attempt(...PLAIN_COPY, `oci:${layout}:latest`, `docker://${registry.host}/app:${tag}`);

  t.is((await push(first, 'v1')).code, 0);
  t.is((await push(first, 'v1')).code, 0);
  assertImmutable(t, await push(second, 'v1'), 'v1');
  t.is((await push(second, 'v2')).code, 0);

  t.is((await fetchManifest(registry, 'app', 'v1')).digest, digest);
});

test('a delete under another tag is refused as long as an immutable tag names the image, and skopeo says which', async (t) => {
  const { folder, registry, skopeo, seed } = await setUp(t, { middleware: IMMUTABLE_TAGS });
  const layout = join(folder, 'pushed');
  const { digest } = await writeImageLayout(layout, { seed, layers: SMALL_LAYERS });
  for (const tag of ['v1', 'latest']) {
    await skopeo.run(...PLAIN_COPY, `oci:${layout}:latest`, `docker://${registry.host}/app:${tag}`);
  }

  // It deletes the manifest by its digest.
  assertImmutable(
    t,
    await skopeo.attempt('delete', '--tls-verify=false', `docker://${registry.host}/app:latest`),
    'v1',
  );

  t.is((await fetchManifest(registry, 'app', 'v1')).digest, digest);
});
