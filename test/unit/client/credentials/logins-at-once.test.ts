import { chmod, lstat, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { FileCredentials } from '../../../../client/credentials/file-credentials.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { until } from '../../../helpers/running/until.ts';

async function home(t: ExecutionContext) {
  const folder = await tempRoot(t);
  const env = { HOME: folder, PATH: `${folder}:/bin:/usr/bin`, XDG_RUNTIME_DIR: join(folder, 'run') };
  const docker = join(folder, '.docker');
  await mkdir(docker);
  return { folder, docker, file: join(docker, 'config.json'), credentials: new FileCredentials({ env }) };
}

test('logins at the same time all stay, also while a helper that one of them waits for is slow', async (t) => {
  const { credentials, docker, file, folder } = await home(t);
  const helper = join(folder, 'docker-credential-slow');
  await writeFile(helper, `#!/bin/sh\ntouch ${folder}/asked; while [ ! -e ${folder}/go ]; do sleep 0.01; done\n`);
  await chmod(helper, 0o755);
  await writeFile(file, JSON.stringify({ credHelpers: { 'slow.example.com': 'slow' } }));
  const slow = credentials.store('slow.example.com', { username: 'ann', password: 'secret' });
  await until('the helper runs', async () => (await readdir(folder)).includes('asked'));
  const hosts = Array.from({ length: 8 }, (_, at) => `host${at}.example.com`);
  await Promise.all(hosts.map((host) => credentials.store(host, { username: 'ann', password: host })));
  await Promise.all([credentials.erase('host0.example.com'), writeFile(join(folder, 'go'), '')]);
  await slow;
  const { auths } = JSON.parse(await readFile(file, 'utf8')) as { auths: object };
  t.deepEqual(Object.keys(auths).sort(), [...hosts.slice(1), 'slow.example.com']);
  t.deepEqual(await readdir(docker), ['config.json']);
});

test('a login through a link to a file that does not exist yet makes that file', async (t) => {
  const { credentials, file, folder } = await home(t);
  await symlink('../kept/config.json', file);
  await credentials.store('a.example.com', { username: 'ann', password: 'secret' });
  t.true((await lstat(file)).isSymbolicLink());
  t.regex(await readFile(join(folder, 'kept/config.json'), 'utf8'), /a\.example\.com/);
});
