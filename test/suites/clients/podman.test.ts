import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { seedOf, testsOf } from './client-test.ts';
import { attempt, type Outcome, run } from './commands.ts';
import { containersHome } from './containers-home.ts';
import { writeDockerArchive } from './images/docker-archive.ts';
import { SMALL_LAYERS } from './images/recipe.ts';
import { assertImmutable, IMMUTABLE_TAGS } from './immutable-tags.ts';
import { fetchManifest, type Registry, startRegistry } from './registry.ts';

const test = testsOf('podman', { podman: 'podman', htpasswd: 'apache2-utils' });

const ALICE = { name: 'alice', password: 'correct horse' };

/** Podman with a home of its own. */
async function podmanFor(t: ExecutionContext) {
  const { folder, env, storage } = await containersHome(t);
  const global = [...storage, '--tmpdir', join(folder, 'tmp'), '--cgroup-manager=cgroupfs', '--events-backend=none'];
  return {
    folder,
    run: (...args: string[]): Promise<string> => run('podman', [...global, ...args], { env }),
    attempt: (...args: string[]): Promise<Outcome> => attempt('podman', [...global, ...args], { env }),
    inspect: async (image: string) => {
      const [found] = JSON.parse(await run('podman', [...global, 'image', 'inspect', image], { env })) as Inspected[];
      if (found === undefined) throw new Error(`podman has no ${image}`);
      return { id: `sha256:${found.Id}`, digest: found.Digest, layers: found.RootFS.Layers };
    },
  };
}

type Podman = Awaited<ReturnType<typeof podmanFor>>;

interface Inspected {
  readonly Id: string;
  readonly Digest: string;
  readonly RootFS: { readonly Layers: readonly string[] };
}

/** Podman with `example:latest`, loaded from an archive. */
async function loadExample(t: ExecutionContext) {
  const podman = await podmanFor(t);
  const archive = join(podman.folder, 'image.tar');
  const id = await writeDockerArchive(archive, { seed: seedOf(t), layers: SMALL_LAYERS }, 'localhost/example:latest');
  await podman.run('load', '--input', archive);
  return { podman, id };
}

async function pushExample(podman: Podman, registry: Registry, image: string): Promise<string> {
  await podman.run('push', '--tls-verify=false', 'localhost/example:latest', `${registry.host}/${image}`);
  return `${registry.host}/${image}`;
}

test('a loaded image that was pushed and removed is pulled with the same id, digest and layers', async (t) => {
  const registry = await startRegistry(t);
  const { podman, id } = await loadExample(t);
  const loaded = await podman.inspect('localhost/example:latest');
  t.is(loaded.id, id);

  const image = await pushExample(podman, registry, 'team/example:v1');
  await podman.run('rmi', '--all', '--force');
  t.is(await podman.run('images', '--quiet'), '');
  await podman.run('pull', '--tls-verify=false', image);

  const pulled = await podman.inspect(image);
  t.is(pulled.id, id);
  t.deepEqual(pulled.layers, loaded.layers);
  t.is(pulled.digest, (await fetchManifest(registry, 'team/example', 'v1')).digest);
});

test('an image pushed in OCI format is pulled by its digest', async (t) => {
  const registry = await startRegistry(t);
  const { podman, id } = await loadExample(t);
  const repository = `${registry.host}/oci/example`;

  await podman.run('push', '--tls-verify=false', '--format', 'oci', 'localhost/example:latest', `${repository}:v1`);
  const { mediaType, digest } = await fetchManifest(registry, 'oci/example', 'v1');
  t.is(mediaType, 'application/vnd.oci.image.manifest.v1+json');
  await podman.run('rmi', '--all', '--force');
  await podman.run('pull', '--tls-verify=false', `${repository}@${digest}`);

  t.like(await podman.inspect(`${repository}@${digest}`), { id, digest });
});

test('search finds repositories and tags', async (t) => {
  const registry = await startRegistry(t);
  const { podman } = await loadExample(t);
  await pushExample(podman, registry, 'team/example:v1');
  await pushExample(podman, registry, 'team/example:v2');
  await pushExample(podman, registry, 'another:v1');
  const search = ['search', '--tls-verify=false', '--format', 'json'];

  const found = JSON.parse(await podman.run(...search, `${registry.host}/example`)) as { Name: string }[];
  const tagged = JSON.parse(await podman.run(...search, '--list-tags', `${registry.host}/team/example`)) as {
    Name: string;
    Tags: string[];
  }[];

  t.deepEqual(
    found.map((repository) => repository.Name),
    [`${registry.host}/team/example`],
  );
  t.deepEqual(tagged, [{ Name: `${registry.host}/team/example`, Tags: ['v1', 'v2'] }]);
});

test('login accepts only the right password, and a push needs the login', async (t) => {
  const registry = await startRegistry(t, { user: ALICE });
  const { podman, id } = await loadExample(t);
  const login = ['login', '--tls-verify=false', '--username', ALICE.name, registry.host, '--password'];

  const anonymous = await podman.attempt('push', '--tls-verify=false', 'example', `${registry.host}/private:v1`);
  t.not(anonymous.code, 0);
  t.regex(anonymous.stderr, /authentication required|unauthorized/);
  const wrong = await podman.attempt(...login, 'wrong');
  t.not(wrong.code, 0);
  t.regex(wrong.stderr, /invalid username\/password/);

  await podman.run(...login, ALICE.password);
  const image = await pushExample(podman, registry, 'private:v1');
  await podman.run('rmi', '--all', '--force');
  await podman.run('pull', '--tls-verify=false', image);
  t.is((await podman.inspect(image)).id, id);

  await podman.run('logout', registry.host);
  const after = await podman.attempt('pull', '--tls-verify=false', image);
  t.not(after.code, 0);
});

test('an immutable tag takes the same image again and no other one, and podman says why', async (t) => {
  const registry = await startRegistry(t, { middleware: IMMUTABLE_TAGS });
  const { podman } = await loadExample(t);
  const image = `${registry.host}/app:v1`;
  const push = (...format: string[]) =>
    podman.attempt('push', '--tls-verify=false', ...format, 'localhost/example:latest', image);

  t.is((await push('--format', 'oci')).code, 0);
  const { digest } = await fetchManifest(registry, 'app', 'v1');
  t.is((await push('--format', 'oci')).code, 0);
  // The same image in another format is another manifest.
  assertImmutable(t, await push('--format', 'v2s2'), 'v1');

  t.is((await fetchManifest(registry, 'app', 'v1')).digest, digest);
});
