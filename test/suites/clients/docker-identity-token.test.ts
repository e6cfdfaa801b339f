import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tempRoot } from '../../helpers/drivers/temp-root.ts';
import { until } from '../../helpers/running/until.ts';
import { seedOf, testsOf } from './client-test.ts';
import { run } from './commands.ts';
import { startDockerEngine } from './docker-engine.ts';
import { writeDockerArchive } from './images/docker-archive.ts';
import { SMALL_LAYERS } from './images/recipe.ts';
import { startRegistry } from './registry.ts';

const test = testsOf('docker with a refresh token', { dockerd: 'docker.io', htpasswd: 'apache2-utils' });

const AUTHORIZATION = {
  rules: [
    { repositories: ['public/**'], anonymous: true, allow: ['pull'] },
    { repositories: ['**'], authenticated: true, allow: ['*'] },
  ],
};

interface DockerConfiguration {
  readonly auths: Readonly<Record<string, { readonly auth?: string; readonly identitytoken?: string }>>;
}

test('docker keeps a token instead of the password, and pushes and pulls with it until the password changes', async (t) => {
  const http = { secret: 'only for this test, and long enough for tokens' };
  const file = join(await tempRoot(t), 'htpasswd');
  await run('htpasswd', ['-cbB', file, 'ann', 'secret']);
  const auth = { htpasswd: { realm: 'tests', path: file } };
  const registry = await startRegistry(t, { auth, authorization: AUTHORIZATION, http });
  const docker = await startDockerEngine(t);
  t.like(await docker.login(registry.host, 'ann', 'secret'), { code: 0 });

  const text = await readFile(join(docker.folder, 'client/config.json'), 'utf8');
  const kept = (JSON.parse(text) as DockerConfiguration).auths[registry.host];
  t.regex(kept?.identitytoken ?? '', /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/);
  t.false(
    Buffer.from(kept?.auth ?? '', 'base64')
      .toString()
      .includes('secret'),
  );

  const image = `${registry.host}/team/app:v1`;
  const archive = join(docker.folder, 'image.tar');
  await writeDockerArchive(archive, { seed: seedOf(t), layers: SMALL_LAYERS }, image);
  await docker.run('load', '--input', archive);
  await docker.run('push', image);
  await docker.run('rmi', image);
  await docker.run('pull', image);

  await run('htpasswd', ['-bB', file, 'ann', 'another']);
  await until('the token has ended', async () => (await docker.attempt('push', image)).code !== 0);
  t.regex(
    (await docker.attempt('pull', image)).stderr,
    /unauthorized: the refresh token is not valid any more; log in again/,
  );
  t.like(await docker.login(registry.host, 'ann', 'another'), { code: 0 });
  await docker.run('pull', image);
});
