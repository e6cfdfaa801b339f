import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { tempRoot } from '../../helpers/drivers/temp-root.ts';
import { seedOf, testsOf } from './client-test.ts';
import { attempt, run } from './commands.ts';
import { containersHome } from './containers-home.ts';
import { startDockerEngine } from './docker-engine.ts';
import { writeDockerArchive } from './images/docker-archive.ts';
import { readEntry, writeImageLayout } from './images/oci-layout.ts';
import { SMALL_LAYERS } from './images/recipe.ts';
import { type Registry, serveFile } from './registry.ts';

const test = testsOf('examples/access-anonymous-pull.yml', {
  skopeo: 'skopeo',
  podman: 'podman',
  buildah: 'buildah',
  dockerd: 'docker.io',
  htpasswd: 'apache2-utils',
});

// This file runs as dist/test/suites/clients/anonymous-pulls.test.js.
const EXAMPLE = join(import.meta.dirname, '../../../../examples/access-anonymous-pull.yml');

/** The registry of the example, with ann, who maintains it, and bob. */
async function startExample(t: ExecutionContext): Promise<Registry> {
  const folder = await tempRoot(t);
  await copyFile(EXAMPLE, join(folder, 'config.yml'));
  await run('htpasswd', ['-cbB', join(folder, 'htpasswd'), 'ann', 'secret']);
  await run('htpasswd', ['-bB', join(folder, 'htpasswd'), 'bob', 'hidden']);
  return serveFile(t, join(folder, 'config.yml'), {
    REGISTRY_HTTP_ADDR: '127.0.0.1:0',
    REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY: join(folder, 'root'),
  });
}

test('docker pulls without log-in, pushes a new tag with one, and moves a tag only as a maintainer', async (t) => {
  const registry = await startExample(t);
  const docker = await startDockerEngine(t);
  const image = (tag: string): string => `${registry.host}/team/app:${tag}`;
  const load = async (seed: string, tag: string): Promise<void> => {
    const archive = join(docker.folder, 'image.tar');
    await writeDockerArchive(archive, { seed, layers: SMALL_LAYERS }, image(tag));
    await docker.run('load', '--input', archive);
  };
  const seed = seedOf(t);
  await load(seed, 'v1');
  t.not((await docker.attempt('push', image('v1'))).code, 0);

  t.like(await docker.login(registry.host, 'bob', 'hidden'), { code: 0 });
  await docker.run('push', image('v1'));
  await load(`${seed} again`, 'v1');
  const moved = await docker.attempt('push', image('v1'));
  t.not(moved.code, 0);
  t.regex(moved.stderr, /denied/);

  t.like(await docker.login(registry.host, 'ann', 'secret'), { code: 0 });
  await docker.run('push', image('v1'));
  await docker.run('logout', registry.host);
  await docker.run('rmi', image('v1'));
  await docker.run('pull', image('v1'));
});

test('skopeo, podman and buildah pull without log-in, and push with one into their own home', async (t) => {
  const registry = await startExample(t);
  const { folder, env } = await containersHome(t);
  const [layout, pulled] = [join(folder, 'pushed'), join(folder, 'pulled')];
  const manifest = await writeImageLayout(layout, { seed: seedOf(t), layers: SMALL_LAYERS });
  const image = `docker://${registry.host}/home/bob/app:v1`;
  const push = (...more: string[]) =>
    attempt('skopeo', ['copy', '--dest-tls-verify=false', `oci:${layout}:latest`, image, ...more], { env });
  t.not((await push()).code, 0);
  t.not((await push('--dest-creds', 'ann:secret')).code, 0);
  t.like(await push('--dest-creds', 'bob:hidden'), { code: 0 });
  // A home is nobody else's, not even to look at.
  const look = ['inspect', '--tls-verify=false', image];
  t.not((await attempt('skopeo', look, { env })).code, 0);
  await run('skopeo', [...look, '--creds', 'bob:hidden'], { env });

  const shared = `${registry.host}/team/app:v1`;
  const copy = ['copy', '--dest-tls-verify=false', `oci:${layout}:latest`, `docker://${shared}`];
  await run('skopeo', [...copy, '--dest-creds', 'ann:secret'], { env });
  await run('skopeo', ['copy', '--src-tls-verify=false', `docker://${shared}`, `oci:${pulled}:latest`], { env });
  t.is((await readEntry(pulled)).digest, manifest.digest);
  await run('podman', ['pull', '--tls-verify=false', shared], { env });
  await run('buildah', ['pull', '--tls-verify=false', shared], { env });
});
