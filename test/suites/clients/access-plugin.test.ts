import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
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
import { startRegistry } from './registry.ts';

const test = testsOf('the access controller of the documentation', { skopeo: 'skopeo', dockerd: 'docker.io' });

// This file runs as dist/test/suites/clients/access-plugin.test.js.
const REPOSITORY = join(import.meta.dirname, '../../../..');

/** The example of docs/plugins/write-a-plugin.md as a file beside the zod that it imports. */
async function rolesFile(t: ExecutionContext): Promise<string> {
  const page = await readFile(join(REPOSITORY, 'docs/plugins/write-a-plugin.md'), 'utf8');
  const [, text = ''] = /^```ts\n\/\/ roles\.ts\n(.*?)^```$/ms.exec(page) ?? [];
  const folder = await tempRoot(t);
  await mkdir(join(folder, 'node_modules'));
  await symlink(join(REPOSITORY, 'node_modules/zod'), join(folder, 'node_modules/zod'));
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  await writeFile(join(folder, 'roles.ts'), text);
  return join(folder, 'roles.ts');
}

const USERS = { writers: { ann: 'correct horse' }, readers: { ci: 'battery staple' } };
/** Clients without credentials may pull. */
const ANONYMOUS_PULLS = {
  rules: [
    { repositories: ['**'], anonymous: true, allow: ['pull'] },
    { repositories: ['**'], authenticated: true, allow: ['*'] },
  ],
};

test('skopeo logs in, pushes as a writer and pulls as a reader, and is refused as anybody else', async (t) => {
  const { folder, env } = await containersHome(t);
  const registry = await startRegistry(t, { auth: { [await rolesFile(t)]: USERS } });
  const skopeo = (...args: string[]) => attempt('skopeo', args, { env });
  const login = (user: string, password: string) =>
    attempt('skopeo', ['login', '--tls-verify=false', '-u', user, '--password-stdin', registry.host], {
      env,
      input: password,
    });
  const [layout, pulled] = [join(folder, 'pushed'), join(folder, 'pulled')];
  const manifest = await writeImageLayout(layout, { seed: seedOf(t), layers: SMALL_LAYERS });
  const image = `docker://${registry.host}/team/app:v1`;
  const push = ['copy', '--dest-tls-verify=false', `oci:${layout}:latest`, image];
  const pull = ['copy', '--src-tls-verify=false', image, `oci:${pulled}:latest`];

  const anonymous = await skopeo(...push);
  t.not(anonymous.code, 0);
  t.regex(anonymous.stderr, /authentication required|unauthorized/);
  const wrong = await login('ann', 'wrong');
  t.not(wrong.code, 0);
  t.regex(wrong.stderr, /invalid username\/password|unauthorized/);

  t.like(await login('ann', 'correct horse'), { code: 0 });
  t.like(await skopeo(...push), { code: 0 });

  await run('skopeo', ['logout', registry.host], { env });
  t.like(await login('ci', 'battery staple'), { code: 0 });
  t.like(await skopeo(...pull), { code: 0 });
  t.is((await readEntry(pulled)).digest, manifest.digest);
  const refused = await skopeo(...push.map((word) => word.replace(':v1', ':v2')));
  t.not(refused.code, 0);
  t.regex(refused.stderr, /ci may only pull|denied/);
});

test('docker logs in, pushes as a writer and pulls as a reader', async (t) => {
  const registry = await startRegistry(t, { auth: { [await rolesFile(t)]: USERS } });
  const docker = await startDockerEngine(t);
  const archive = join(docker.folder, 'image.tar');
  const image = `${registry.host}/team/app:v1`;
  await writeDockerArchive(archive, { seed: seedOf(t), layers: SMALL_LAYERS }, image);
  await docker.run('load', '--input', archive);

  t.not((await docker.login(registry.host, 'ann', 'wrong')).code, 0);
  t.like(await docker.login(registry.host, 'ann', 'correct horse'), { code: 0 });
  await docker.run('push', image);
  await docker.run('logout', registry.host);
  await docker.run('rmi', image);

  t.like(await docker.login(registry.host, 'ci', 'battery staple'), { code: 0 });
  await docker.run('pull', image);
  const refused = await docker.attempt('push', image);
  t.not(refused.code, 0);
  t.regex(refused.stderr, /denied/);
});

test('with authorization, skopeo pulls without credentials, and docker has to log in', async (t) => {
  const { folder, env } = await containersHome(t);
  const registry = await startRegistry(t, {
    auth: { [await rolesFile(t)]: USERS },
    authorization: ANONYMOUS_PULLS,
  });
  const [layout, pulled] = [join(folder, 'pushed'), join(folder, 'pulled')];
  const manifest = await writeImageLayout(layout, { seed: seedOf(t), layers: SMALL_LAYERS });
  const image = `docker://${registry.host}/team/app:v1`;
  const push = ['copy', '--dest-tls-verify=false', `oci:${layout}:latest`, image];
  t.not((await attempt('skopeo', push, { env })).code, 0);
  await run('skopeo', [...push, '--dest-creds', 'ann:correct horse'], { env });
  await run('skopeo', ['copy', '--src-tls-verify=false', image, `oci:${pulled}:latest`], { env });
  t.is((await readEntry(pulled)).digest, manifest.digest);
  const docker = await startDockerEngine(t);
  const anonymous = await docker.attempt('pull', `${registry.host}/team/app:v1`);
  t.not(anonymous.code, 0);
  t.regex(anonymous.stderr, /no basic auth credentials/);
  await docker.login(registry.host, 'ci', 'battery staple');
  await docker.run('pull', `${registry.host}/team/app:v1`);
});
