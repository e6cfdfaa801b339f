import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { FAR_STORAGE } from '../../helpers/drivers/far-storage.ts';
import { tempRoot } from '../../helpers/drivers/temp-root.ts';
import { digestOf, imageManifest, OCI_MANIFEST, withQuery } from '../../helpers/http/with-registry.ts';
import { type RunningWorkers, WorkerConnection, withWorkers } from '../../helpers/http/with-workers.ts';
import { RedisServer } from '../../helpers/processes/redis-server.ts';
import { testsWithRedis } from '../../helpers/processes/redis-test.ts';

const test = testsWithRedis('workers of several instances');

/** Two instances of two workers each, on one storage and one Redis. */
async function instances(
  t: ExecutionContext,
): Promise<{ server: RedisServer; registries: readonly [RunningWorkers, RunningWorkers] }> {
  const server = await RedisServer.start(t);
  const root = join(await tempRoot(t), 'root');
  const differences = {
    storage: {
      filesystem: { rootdirectory: root },
      delete: { enabled: true },
      cache: { blobdescriptor: 'redis' },
    },
    others: { middleware: { storage: [{ name: FAR_STORAGE }] }, redis: { addrs: [`127.0.0.1:${server.port}`] } },
  };
  const http = { tokenprovider: 'redis' };
  return { server, registries: [await withWorkers(t, http, differences), await withWorkers(t, http, differences)] };
}

test('requests of an upload go through every worker of every instance, and a delete reaches all', async (t) => {
  const { registries } = await instances(t);
  const [a, b] = await WorkerConnection.pair(t, registries[0]);
  const [c, d] = await WorkerConnection.pair(t, registries[1]);
  const push = async (text: string): Promise<void> => {
    const begun = await a.ask('POST', '/v2/a/blobs/uploads/');
    t.is(begun.status, 202, begun.text);
    const first = await c.ask('PATCH', String(begun.headers['location']), { body: text.slice(0, 1) });
    const second = await b.ask('PATCH', String(first.headers['location']), { body: text.slice(1) });
    const put = await d.ask('PUT', withQuery(String(second.headers['location']), { digest: digestOf(text) }));
    t.is(put.status, 201, put.text);
  };
  await push('{}');
  await push('layer');
  const manifest = imageManifest('layer');
  const path = `/v2/a/manifests/${digestOf(manifest)}`;
  const put = await b.ask('PUT', path, { body: manifest, headers: { 'Content-Type': OCI_MANIFEST } });
  t.is(put.status, 201, put.text);
  for (const worker of [a, b, c, d]) t.is((await worker.ask('GET', path)).status, 200);
  t.is((await c.ask('DELETE', path)).status, 202);
  for (const worker of [a, b, c, d]) t.is((await worker.ask('GET', path)).status, 404);
});

test('instances end at once with their connections, without a warning of a missing secret', async (t) => {
  const { server, registries } = await instances(t);
  for (const running of registries) {
    running.signal('SIGTERM');
    const { code, stderr } = await running.finished;
    t.is(code, 0, stderr);
    t.false(/http\.secret|Redis is unavailable/.test(stderr), stderr);
  }
  const client = server.client(t);
  const list = String(await client.client('LIST'));
  t.is(list.trim().split('\n').length, 1, list);
  t.deepEqual(await client.zrange('stowage:{broadcast}:members', '0', '-1'), []);
});
