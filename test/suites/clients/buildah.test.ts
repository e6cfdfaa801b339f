import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { testsOf } from './client-test.ts';
import { attempt, run } from './commands.ts';
import { containersHome } from './containers-home.ts';
import { assertImmutable, IMMUTABLE_TAGS } from './immutable-tags.ts';
import { fetchManifest, type RegistryOptions, startRegistry } from './registry.ts';

const test = testsOf('buildah', { buildah: 'buildah' });

/** A registry, a folder, and buildah with everything that it writes in that folder. */
async function setUp(t: ExecutionContext, options: RegistryOptions = {}) {
  const { folder, env, storage } = await containersHome(t);
  const registry = await startRegistry(t, options);
  const buildah = (...args: string[]) => run('buildah', [...storage, ...args], { env });
  const push = (id: string, image: string) =>
    attempt('buildah', [...storage, 'push', '--tls-verify=false', id, `docker://${image}`], { env });
  /** An image of one layer with one file, by its id. */
  const build = async (text: string, ...settings: string[]) => {
    await writeFile(join(folder, 'hello.txt'), text);
    const container = await buildah('from', 'scratch');
    await buildah('copy', container, join(folder, 'hello.txt'), '/hello.txt');
    await buildah('config', ...settings, container);
    return buildah('commit', '--quiet', '--rm', container);
  };
  return { folder, registry, buildah, build, push };
}

async function idOf(buildah: (...args: string[]) => Promise<string>, image: string): Promise<string> {
  return buildah('inspect', '--type', 'image', '--format', '{{.FromImageID}}', image);
}

test('an image built from scratch is pushed and pulled with the same id and file', async (t) => {
  const { registry, buildah, build } = await setUp(t);
  const image = `${registry.host}/built/scratch:v1`;

  const id = await build('hello\n', '--label', 'built=here');
  await buildah('push', '--tls-verify=false', id, `docker://${image}`);
  await buildah('rmi', '--all', '--force');
  await buildah('pull', '--tls-verify=false', `docker://${image}`);

  t.is(await idOf(buildah, image), id);
  const container = await buildah('from', '--pull-never', image);
  const mounted = await buildah('mount', container);
  t.is(await readFile(join(mounted, 'hello.txt'), 'utf8'), 'hello\n');
  await buildah('umount', container);
});

test('a Containerfile builds on an image of the registry', async (t) => {
  const { folder, registry, buildah, build } = await setUp(t);
  const base = `${registry.host}/built/base:v1`;
  const derived = `${registry.host}/built/derived:v1`;
  const context = join(folder, 'context');
  await mkdir(context);
  await writeFile(join(context, 'more.txt'), 'more\n');
  await writeFile(join(context, 'Containerfile'), `FROM ${base}\nCOPY more.txt /more.txt\n`);

  const baseId = await build('base\n');
  await buildah('push', '--tls-verify=false', baseId, `docker://${base}`);
  await buildah('rmi', '--all', '--force');
  await buildah('build', '--tls-verify=false', '--tag', derived, context);
  const id = await idOf(buildah, derived);
  await buildah('push', '--tls-verify=false', derived);
  await buildah('rmi', '--all', '--force');
  await buildah('pull', '--tls-verify=false', derived);

  t.is(await idOf(buildah, derived), id);
  const mounted = await buildah('mount', await buildah('from', '--pull-never', derived));
  t.is(await readFile(join(mounted, 'hello.txt'), 'utf8'), 'base\n');
  t.is(await readFile(join(mounted, 'more.txt'), 'utf8'), 'more\n');
});

test('a manifest list is pushed with all of its images', async (t) => {
  const { registry, buildah, build } = await setUp(t);
  const architectures = ['amd64', 'arm64', 'riscv64'];
  const image = `${registry.host}/built/list:v1`;
  const ids = new Map<string, string>();
  await buildah('manifest', 'create', 'list');
  for (const architecture of architectures) {
    const id = await build(`for ${architecture}\n`, '--arch', architecture);
    ids.set(architecture, id);
    await buildah('manifest', 'add', '--arch', architecture, 'list', id);
  }

  await buildah('manifest', 'push', '--all', '--tls-verify=false', 'list', `docker://${image}`);

  const pushed = JSON.parse((await fetchManifest(registry, 'built/list', 'v1')).text) as {
    manifests: { digest: string; platform: { architecture: string } }[];
  };
  t.deepEqual(pushed.manifests.map((entry) => entry.platform.architecture).sort(), architectures);
  for (const entry of pushed.manifests) {
    t.is((await fetchManifest(registry, 'built/list', entry.digest)).digest, entry.digest);
  }
  await buildah('rmi', '--all', '--force');
  await buildah('pull', '--tls-verify=false', '--arch', 'arm64', image);
  t.is(ids.get('arm64'), await idOf(buildah, image));
});

test('an immutable tag takes the same image again and no other one, and buildah says why', async (t) => {
  const { registry, build, push } = await setUp(t, { middleware: IMMUTABLE_TAGS });
  const image = `${registry.host}/built/app:v1`;
  const [first, second] = [await build('first\n'), await build('second\n')];

  t.is((await push(first, image)).code, 0);
  const { digest } = await fetchManifest(registry, 'built/app', 'v1');
  t.is((await push(first, image)).code, 0);
  assertImmutable(t, await push(second, image), 'v1');

  t.is((await fetchManifest(registry, 'built/app', 'v1')).digest, digest);
});
