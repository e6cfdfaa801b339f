import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { tempRoot } from '../../helpers/drivers/temp-root.ts';
import { ask } from '../../helpers/http/http-request.ts';
import { digestOf } from '../../helpers/http/with-registry.ts';
import { startNode } from '../../helpers/processes/run-process.ts';
import { deployedConfiguration, textOf, yamlOf } from './deployed.ts';

const CLI = join(import.meta.dirname, '../../../bundle/bin.js');

test('the file of the deployments starts a registry that stores a blob, is ready, and stops on SIGTERM', async (t) => {
  const folder = await tempRoot(t);
  const registry = startNode([CLI, 'serve', 'deploy/config.yml'], {
    REGISTRY_HTTP_SECRET: 'the same in every instance',
    REGISTRY_HTTP_ADDR: '127.0.0.1:0',
    REGISTRY_HTTP_DRAINDELAY: '0s',
    REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY: folder,
  });
  t.teardown(() => registry.signal('SIGKILL'));
  const [, address = ''] = await registry.logged(/(http:\/\/127\.0\.0\.1:[1-9]\d*)/);
  t.is((await ask({ address }, 'GET', '/readyz')).status, 200);
  const body = 'a layer';
  const started = await ask({ address }, 'POST', `/v2/app/blobs/uploads/?digest=${digestOf(Buffer.from(body))}`, {
    body,
    headers: { 'Content-Type': 'application/octet-stream' },
  });
  t.is(started.status, 201);
  t.deepEqual((await readdir(folder)).includes('docker'), true);
  registry.signal('SIGTERM');
  t.is((await registry.finished).code, 0);
});

test('without further variables it only lacks the secret, which is in no file', async (t) => {
  t.deepEqual((await deployedConfiguration({})).http.secrets, []);
  for (const path of ['deploy/config.yml', 'deploy/kubernetes/config.yaml']) t.notRegex(await textOf(path), /secret:/);
});

test('the ConfigMap holds the file word for word', async (t) => {
  const { data } = await yamlOf<{ data: Record<string, string> }>('deploy/kubernetes/config.yaml');
  t.deepEqual(data, { 'config.yml': await textOf('deploy/config.yml') });
});
