import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { tempRoot } from '../../helpers/drivers/temp-root.ts';
import { testsOf } from '../clients/client-test.ts';
import { run } from '../clients/commands.ts';
import { startDaemon } from '../clients/daemon.ts';
import { CLI } from './registries.ts';

const test = testsOf('the configuration of Debian', {
  'docker-registry': 'docker-registry',
  htpasswd: 'apache2-utils',
});

/** Starts Stowage with the file that the package installs, on a port and a root of this test's own. */
async function startWithDebianConfig(t: ExecutionContext, variables: readonly string[] = []): Promise<string> {
  const folder = await tempRoot(t);
  const file = join(folder, 'config.yml');
  await copyFile('/etc/docker/registry/config.yml', file);
  const place = ['REGISTRY_HTTP_ADDR=127.0.0.1:0', `REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY=${join(folder, 'root')}`];
  const daemon = startDaemon(t, 'env', [...place, ...variables, process.execPath, CLI, 'serve', file]);
  const [url] = await daemon.printed(/http:\/\/127\.0\.0\.1:[1-9]\d*/);
  return url;
}

test("the package's configuration starts Stowage, which asks for a password with its realm and headers", async (t) => {
  const url = await startWithDebianConfig(t);
  const answer = await fetch(`${url}/v2/`);
  t.is(answer.status, 401);
  t.is(answer.headers.get('www-authenticate'), 'Basic realm="basic-realm"');
  t.is(answer.headers.get('x-content-type-options'), 'nosniff');
});

test('every log-in is refused while the password file is the folder that the package names', async (t) => {
  const url = await startWithDebianConfig(t);
  const answer = await fetch(`${url}/v2/`, { headers: { authorization: `Basic ${btoa('alice:secret')}` } });
  t.is(answer.status, 503);
});

test('with a password file in a REGISTRY_ variable users can log in and push', async (t) => {
  const file = join(await tempRoot(t), 'htpasswd');
  await run('htpasswd', ['-c', '-B', '-b', file, 'alice', 'secret']);
  const url = await startWithDebianConfig(t, [`REGISTRY_AUTH_HTPASSWD_PATH=${file}`]);
  const headers = { authorization: `Basic ${btoa('alice:secret')}` };
  t.is((await fetch(`${url}/v2/`, { headers })).status, 200);
  t.is((await fetch(`${url}/v2/app/blobs/uploads/`, { method: 'POST', headers })).status, 202);
});
