import { mkdir, readdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { mountSmallDisk } from '../../../helpers/drivers/small-disk.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { assertError } from '../../../helpers/http/assert-error.ts';
import {
  digestOf,
  imageManifest,
  OCI_MANIFEST,
  type Registry,
  withRegistry,
} from '../../../helpers/http/with-registry.ts';

const V2 = 'docker/registry/v2';
/** A push of a small blob in one request. */
const PUSH = ['POST', `/v2/app/blobs/uploads/?digest=${digestOf('new')}`, { body: 'new' }] as const;

/** A registry with one image, `app:v1`, on a disk of its own if requested. */
async function registryOn(t: ExecutionContext, size?: string) {
  const root = await tempRoot(t);
  const disk = size === undefined ? undefined : mountSmallDisk(t, root, size);
  if (size !== undefined && disk === undefined) return undefined;
  const registry = await start(t, root);
  await registry.putManifest('app', 'v1', { body: await pushedManifest(registry, 'app'), type: OCI_MANIFEST });
  return { registry, root, disk };
}

function start(t: ExecutionContext, root: string): Promise<Registry> {
  return withRegistry(t, { storage: { filesystem: { rootdirectory: root } }, others: { log: { level: 'error' } } });
}

async function pushedManifest(registry: Registry, name: string): Promise<string> {
  await registry.pushBlob(name, '{}');
  return imageManifest();
}

test('an unmounted root is 503 and not ready: no empty catalog, no 404, no 201', async (t) => {
  const found = await registryOn(t, '8m');
  if (found === undefined) return;
  const { registry, root, disk } = found;
  t.is((await registry.ask('GET', '/readyz')).status, 200);
  disk?.detach();
  for (const [method, path, ask] of [
    ['GET', '/v2/_catalog'],
    ['GET', '/v2/app/tags/list'],
    ['GET', '/v2/other/manifests/v1'],
    ['HEAD', `/v2/app/blobs/sha256:${'0'.repeat(64)}`],
    PUSH,
  ] as const) {
    t.is((await registry.ask(method, path, ask)).status, 503, `${method} ${path}`);
  }
  assertError(
    t,
    await registry.putManifest('app', 'v2', { body: imageManifest(), type: OCI_MANIFEST }),
    503,
    'UNAVAILABLE',
  );
  t.deepEqual(await readdir(root), []);
});

test('a disk that turns read-only is not ready, still serves pulls, and answers pushes with 500 and the problem', async (t) => {
  const found = await registryOn(t, '8m');
  if (found === undefined) return;
  const { registry, disk } = found;
  disk?.remount('ro');
  const push = await registry.ask(...PUSH);
  const [error] = assertError(t, push, 500, 'UNKNOWN');
  t.deepEqual(error?.detail, { reason: 'the storage refuses the registry', error: 'EROFS' });
  t.is(push.headers['retry-after'], undefined);
  t.is((await registry.ask('GET', '/v2/app/manifests/v1')).status, 200);
  t.like(await registry.ask('GET', '/readyz'), { status: 503, text: '{"storage":"denied"}' });
});

test('a root that was read-only at the start serves pulls and is ready; a push is 405', async (t) => {
  const found = await registryOn(t, '8m');
  if (found === undefined) return;
  found.disk?.remount('ro');
  const registry = await start(t, found.root);
  t.is((await registry.ask('GET', '/v2/app/manifests/v1')).status, 200);
  t.is((await registry.ask('GET', '/readyz')).status, 200);
  assertError(t, await registry.ask(...PUSH), 405, 'UNSUPPORTED');
  assertError(
    t,
    await registry.putManifest('app', 'v2', { body: imageManifest(), type: OCI_MANIFEST }),
    405,
    'UNSUPPORTED',
  );
});

test('a full disk is reported at /readyz, even by a registry that starts on it, and serves pulls', async (t) => {
  const found = await registryOn(t, '2m');
  if (found === undefined) return;
  const { registry, root } = found;
  await writeFile(join(root, 'ballast'), Buffer.alloc(4 << 20)).catch(() => undefined);
  const second = await start(t, root);
  for (const each of [registry, second]) {
    t.like(await each.ask('GET', '/readyz'), { status: 503, text: '{"storage":"no-space"}' });
    t.is((await each.ask('GET', '/v2/app/manifests/v1')).status, 200);
  }
});

test('a loop of links in place of repositories or blobs is reported at /readyz and in answers, without retries', async (t) => {
  for (const place of ['repositories', 'blobs']) {
    const root = await tempRoot(t);
    await mkdir(join(root, V2), { recursive: true });
    await symlink(place, join(root, V2, place));
    const registry = await start(t, root);
    t.like(await registry.ask('GET', '/readyz'), { status: 503, text: '{"storage":"invalid-path"}' });
    const push = await registry.pushBlob('app', 'bytes').then(
      () => undefined,
      (error: unknown) => String(error),
    );
    t.truthy(push);
  }
});

for (const place of ['docker', 'docker/registry/v2/repositories', 'docker/registry/v2/blobs/sha256']) {
  test(`a file in place of ${place} is reported at /readyz and in answers, not as an empty catalog`, async (t) => {
    const found = await registryOn(t);
    if (found === undefined) return;
    const { registry, root } = found;
    await rename(join(root, place), join(root, 'away'));
    await writeFile(join(root, place), '');
    const started = place === 'docker' ? [await start(t, root)] : [];
    for (const each of [registry, ...started]) {
      t.like(await each.ask('GET', '/readyz'), { status: 503, text: '{"storage":"invalid-path"}' });
      if (place.includes('blobs')) continue;
      assertError(t, await each.ask('GET', '/v2/_catalog'), 500, 'UNKNOWN');
      assertError(t, await each.ask(...PUSH), 500, 'UNKNOWN');
    }
  });
}

test('a circular link or an unreachable folder leaves lists and deletes working for all others', async (t) => {
  const found = await registryOn(t);
  if (found === undefined) return;
  const { registry, root } = found;
  const repositories = join(root, V2, 'repositories');
  const tags = join(repositories, 'app/_manifests/tags');
  for (const tag of ['a-bad', 'v0', 'v2-bad']) await mkdir(join(tags, tag));
  await symlink('current', join(tags, 'a-bad/current'));
  await symlink('current', join(tags, 'v2-bad/current'));
  await mkdir(join(repositories, 'bad'));
  await symlink('_manifests', join(repositories, 'bad/_manifests'));
  await mkdir(join(repositories, 'deep/er'), { recursive: true });
  await symlink('..', join(repositories, 'deep/er/up'));
  await symlink('../app', join(repositories, 'deep/alias'));
  await symlink('../deep', join(repositories, 'app/down'));
  t.deepEqual(JSON.parse((await registry.ask('GET', '/v2/app/tags/list')).text), {
    name: 'app',
    tags: ['a-bad', 'v0', 'v1', 'v2-bad'],
  });
  t.deepEqual(JSON.parse((await registry.ask('GET', '/v2/_catalog')).text), {
    repositories: ['app', 'deep/alias'],
  });
});
