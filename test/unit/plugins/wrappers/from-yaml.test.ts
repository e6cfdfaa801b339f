import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { digestOf, withRegistry } from '../../../helpers/http/with-registry.ts';
import { until } from './cache-rig.ts';

const withMiddleware = (...storage: object[]) => ({ middleware: { storage } });

test('a registry with a cache serves its copies when the bytes are gone, but nothing that was deleted', async (t) => {
  const folder = await tempRoot(t);
  const others = withMiddleware(
    { name: 'cache', options: { folder: 'cache', maxsize: '10MiB' } },
    { name: 'metrics', options: { interval: '1h' } },
  );
  const registry = await withRegistry(t, { folder, storage: { filesystem: {} }, others });
  const digest = await registry.pushImage('a', 'latest');
  const layer = digestOf('layer');
  const path = `/v2/a/blobs/${layer}`;
  await until(async () => {
    t.is((await registry.ask('GET', path)).text, 'layer');
    return (await readdir(join(folder, 'cache/blobs/sha256')).catch((): string[] => [])).includes(layer.slice(7));
  });
  t.is((await registry.ask('GET', path, { headers: { Range: 'bytes=1-2' } })).text, 'ay');
  t.is((await registry.ask('GET', '/v2/a/manifests/latest')).headers['docker-content-digest'], digest);
  await rm(join(registry.root, 'docker/registry/v2/blobs/sha256', layer.slice(7, 9)), { recursive: true });
  t.is((await registry.ask('GET', path)).status, 404);
});

test('a registry whose storage is wrapped in redirect sends clients to the base URL', async (t) => {
  const others = withMiddleware({ name: 'redirect', options: { baseurl: 'https://cdn.example.com/x' } });
  const registry = await withRegistry(t, { others });
  const digest = await registry.pushBlob('a', 'layer');
  for (const method of ['GET', 'HEAD']) {
    const answer = await registry.ask(method, `/v2/a/blobs/${digest}`);
    t.is(answer.status, 307);
    const hex = digest.slice(7);
    t.is(
      answer.headers.location,
      `https://cdn.example.com/x/docker/registry/v2/blobs/sha256/${hex.slice(0, 2)}/${hex}/data`,
    );
  }
});

test('a registry over readonly refuses a push with 405', async (t) => {
  const registry = await withRegistry(t, { others: withMiddleware({ name: 'readonly' }) });
  t.is((await registry.ask('POST', '/v2/a/blobs/uploads/')).status, 405);
});

test('fault without consent stops the start and names the option in the file', async (t) => {
  const others = withMiddleware({ name: 'fault', options: { allow: 'yes' } });
  const error = await t.throwsAsync(withRegistry(t, { others }));
  t.regex(error.message, /middleware\.storage\[0\]\.options\.allow: .*tests only/);
});
