import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { stringify } from 'yaml';
import { tempRoot } from '../../helpers/drivers/temp-root.ts';
import { seedOf, testsOf } from './client-test.ts';
import { attempt, type Outcome, run } from './commands.ts';
import { containersHome } from './containers-home.ts';
import { startDockerEngine } from './docker-engine.ts';
import { writeDockerArchive } from './images/docker-archive.ts';
import { writeImageLayout } from './images/oci-layout.ts';
import { SMALL_LAYERS } from './images/recipe.ts';
import { CLI, serveFile } from './registry.ts';

const test = testsOf('clients that repair', { skopeo: 'skopeo', dockerd: 'docker.io', docker: 'docker.io' });

/** A client with an image, which it can push and pull. */
interface Client {
  readonly push: (image: string) => Promise<unknown>;
  readonly pull: (image: string) => Promise<Outcome>;
}

async function skopeo(t: ExecutionContext): Promise<Client> {
  const { folder, env } = await containersHome(t);
  const image = join(folder, 'image');
  await writeImageLayout(image, { seed: seedOf(t), layers: SMALL_LAYERS });
  const copy = ['copy', '--src-tls-verify=false', '--dest-tls-verify=false'];
  let pulls = 0;
  return {
    push: (name) => run('skopeo', [...copy, `oci:${image}:latest`, `docker://${name}`], { env }),
    pull: (name) =>
      attempt('skopeo', [...copy, `docker://${name}`, `dir:${join(folder, `pulled-${++pulls}`)}`], { env }),
  };
}

async function docker(t: ExecutionContext): Promise<Client> {
  const engine = await startDockerEngine(t);
  const archive = join(engine.folder, 'image.tar');
  const id = await writeDockerArchive(archive, { seed: seedOf(t), layers: SMALL_LAYERS }, 'example:latest');
  return {
    push: async (name) => {
      await engine.run('load', '--input', archive);
      await engine.run('tag', 'example:latest', name);
      return engine.run('push', name);
    },
    pull: async (name) => {
      await engine.attempt('rmi', '--force', id);
      return engine.attempt('pull', name);
    },
  };
}

for (const [name, start] of Object.entries({ skopeo, docker })) {
  test(`${name} cannot pull what a disk has damaged after a scrub, and repairs all of it by pushing again`, async (t) => {
    const client = await start(t);
    const folder = await tempRoot(t);
    const root = join(folder, 'root');
    const file = join(folder, 'config.yml');
    const storage = { filesystem: { rootdirectory: root } };
    await writeFile(file, stringify({ version: 0.1, storage, http: { addr: '127.0.0.1:0', secret: 'for this test' } }));
    const scrub = (): Promise<Outcome> => attempt(process.execPath, [CLI, 'scrub', file]);
    const registry = await serveFile(t, file);
    const image = `${registry.host}/team/app:v1`;
    await client.push(image);
    t.is((await client.pull(image)).code, 0);
    t.is((await scrub()).code, 0);

    const damaged = await damageAll(join(root, 'docker/registry/v2/blobs'));
    const found = await scrub();
    t.is(found.code, 9, found.stderr);
    t.regex(found.stdout, new RegExp(`content-damaged: ${damaged}$`, 'm'));
    t.not((await client.pull(image)).code, 0);

    await client.push(image);
    const pulled = await client.pull(image);
    t.is(pulled.code, 0, pulled.stderr);
    t.regex((await scrub()).stdout, new RegExp(`content-repaired: ${damaged}$`, 'm'));
    t.is((await scrub()).code, 0);
  });
}

/** Flips a bit of every file in a folder. @returns the number of files */
async function damageAll(folder: string): Promise<number> {
  let files = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const bytes = await readFile(path);
    const at = Math.floor(bytes.byteLength / 2);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    await writeFile(path, bytes);
    files += 1;
  }
  return files;
}
