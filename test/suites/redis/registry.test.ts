import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { FAR_STORAGE } from '../../helpers/drivers/far-storage.ts';
import { tempRoot } from '../../helpers/drivers/temp-root.ts';
import { assertError } from '../../helpers/http/assert-error.ts';
import { digestOf, locationOf, type Registry, withRegistry } from '../../helpers/http/with-registry.ts';
import { RedisServer } from '../../helpers/processes/redis-server.ts';
import { testsWithRedis } from '../../helpers/processes/redis-test.ts';

const test = testsWithRedis('registries');

interface Cluster {
  readonly server: RedisServer;
  readonly one: Registry;
  readonly two: Registry;
}

/** Two registries on one remote storage and one Redis, as behind a load balancer. */
async function cluster(t: ExecutionContext, section: Readonly<Record<string, unknown>> = {}): Promise<Cluster> {
  const server = await RedisServer.start(t);
  const folder = await tempRoot(t);
  const options = {
    folder,
    storage: { filesystem: {}, cache: { blobdescriptor: 'redis' } },
    http: { tokenprovider: 'redis', secret: '' },
    others: {
      middleware: { storage: [{ name: FAR_STORAGE }] },
      redis: { addrs: [`127.0.0.1:${server.port}`], readtimeout: '500ms', maxretrybackoff: '100ms', ...section },
    },
  };
  return { server, one: await withRegistry(t, options), two: await withRegistry(t, options) };
}

test('an upload is handed from instance to instance without a shared secret', async (t) => {
  const { one, two } = await cluster(t);
  const first = await one.startUpload('a');
  const second = await two.sendChunk(first, 'hello ');
  const third = await one.sendChunk(second, 'world');
  const digest = digestOf('hello world');
  t.is((await two.finishUpload(third, digest)).status, 201);
  t.is((await one.ask('GET', `/v2/a/blobs/${digest}`)).text, 'hello world');
});

test('a chunk that is sent twice is refused with the true range and the current location', async (t) => {
  const { one, two } = await cluster(t);
  const first = await one.startUpload('a');
  await one.sendChunk(first, 'hello ');
  const again = await two.ask('PATCH', first, { body: 'hello ' });
  assertError(t, again, 416, 'BLOB_UPLOAD_INVALID');
  t.is(again.headers['range'], '0-5');
  const digest = digestOf('hello world');
  t.is((await two.finishUpload(locationOf(again), digest, { body: 'world' })).status, 201);
});

test('a location of another upload or repository is refused, even an old one', async (t) => {
  const { one, two } = await cluster(t);
  const first = await one.startUpload('a');
  await one.sendChunk(first, 'hello ');
  const other = await one.sendChunk(await one.startUpload('b'), 'bytes');
  const [path = ''] = other.split('?');
  const [, query = ''] = first.split('?');
  assertError(t, await two.ask('PATCH', `${path}?${query}`, { body: 'x' }), 400, 'BLOB_UPLOAD_INVALID');
});

test('a forged location is refused, and the refusal says what to do', async (t) => {
  const { one } = await cluster(t);
  const location = await one.sendChunk(await one.startUpload('a'), 'bytes');
  const forged = location.replace(/_state=[^&]+/, `_state=${'A'.repeat(56)}`);
  const [error] = assertError(t, await one.ask('PATCH', forged, { body: 'x' }), 400, 'BLOB_UPLOAD_INVALID');
  t.regex(JSON.stringify(error?.detail), /start it again/);
});

test('while Redis is unavailable uploads are answered with 503, everything else works, and uploads recover by themselves', async (t) => {
  const { one, two, server } = await cluster(t);
  const digest = await one.pushBlob('a', 'layer');
  const untouched = await one.startUpload('a');
  const started = await one.sendChunk(await one.startUpload('a'), 'x');
  await server.kill();
  const answer = await two.ask('PATCH', started, { body: 'x' });
  const [error] = assertError(t, answer, 503, 'UNAVAILABLE');
  t.regex(JSON.stringify(error?.detail), /state of uploads is unavailable/);
  t.is(answer.headers['retry-after'], '5');
  t.is((await two.ask('HEAD', `/v2/a/blobs/${digest}`)).status, 200);
  t.is((await two.ask('GET', '/v2/')).status, 200);
  const repositories = join(two.root, 'docker/registry/v2/repositories');
  assertError(t, await two.ask('POST', '/v2/c/blobs/uploads/'), 503, 'UNAVAILABLE');
  t.deepEqual(await readdir(repositories), ['a'], 'an upload that nobody knows of is not left behind');
  await server.start();
  for (const each of [one, two]) {
    let status = 503;
    while (status === 503) ({ status } = await each.ask('POST', '/v2/a/blobs/uploads/'));
    t.is(status, 202);
  }
  const old = await two.ask('PATCH', started, { body: 'x' });
  assertError(t, old, 400, 'BLOB_UPLOAD_INVALID');
  assertError(t, await two.ask('PATCH', untouched, { body: 'x' }), 404, 'BLOB_UPLOAD_UNKNOWN');
  const asked = await two.ask('GET', started);
  t.is((await one.finishUpload(locationOf(asked), digestOf('xx'), { body: 'x' })).status, 201);
});

test('a Redis that does not answer is a 503 within its time limit, not a hang', async (t) => {
  const { one, server } = await cluster(t);
  const started = await one.startUpload('a');
  server.pause();
  t.teardown(() => server.resume());
  assertError(t, await one.ask('PATCH', started, { body: 'x' }), 503, 'UNAVAILABLE');
});

const STANDSTILLS: Readonly<Record<string, (t: ExecutionContext, server: RedisServer) => Promise<unknown>>> = {
  'whose process is stopped': async (t, server) => {
    server.pause();
    t.teardown(() => server.resume());
  },
  'that was told CLIENT PAUSE': async (t, server) => server.client(t).call('CLIENT', 'PAUSE', '60000', 'ALL'),
  'that was told to pause writes only': async (t, server) => server.client(t).call('CLIENT', 'PAUSE', '60000', 'WRITE'),
};

for (const [how, standStill] of Object.entries(STANDSTILLS)) {
  test(`a delete ends within the time of a message with a Redis ${how}`, async (t) => {
    const { one, two, server } = await cluster(t, { readtimeout: '3s' });
    const digest = await one.pushBlob('a', 'layer');
    t.is((await two.ask('HEAD', `/v2/a/blobs/${digest}`)).status, 200);
    await standStill(t, server);
    const askedAt = performance.now();
    t.is((await one.ask('DELETE', `/v2/a/blobs/${digest}`)).status, 202);
    const tookMs = performance.now() - askedAt;
    // Two commands may each wait for the limit of 3 s; what must not add up is a command and the time of a message.
    t.true(tookMs < 7_000, `${tookMs} ms, where one time limit after the other would make 7 500 or more`);
    t.is((await one.ask('HEAD', `/v2/a/blobs/${digest}`)).status, 404);
    t.is((await two.ask('HEAD', `/v2/a/blobs/${digest}`)).status, 404);
  });
}

test('an upload continues from instance to instance while connections to Redis are cut', async (t) => {
  const { one, two, server } = await cluster(t);
  const client = server.client(t);
  let location = await one.startUpload('a');
  let text = '';
  for (let chunk = 0; chunk < 12; chunk += 1) {
    await client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    location = await (chunk % 2 === 0 ? two : one).sendChunk(location, `${chunk},`);
    text += `${chunk},`;
  }
  t.is((await one.finishUpload(location, digestOf(text))).status, 201);
});

test('a chunk that does not fit is a 503 while Redis is full, and the true range when there is room again', async (t) => {
  const { one, server } = await cluster(t);
  const first = await one.startUpload('a');
  const second = await one.sendChunk(first, 'hello ');
  const client = server.client(t);
  await client.config('SET', 'maxmemory', '1');
  const stale = await one.ask('PATCH', first, { body: 'hello ' });
  const beside = await one.ask('PATCH', second, { body: 'x', headers: { 'Content-Range': '9-9' } });
  for (const answer of [stale, beside]) {
    const [error] = assertError(t, answer, 503, 'UNAVAILABLE');
    t.regex(JSON.stringify(error?.detail), /state of uploads is unavailable/);
    t.is(answer.headers['retry-after'], '5');
  }
  await client.config('SET', 'maxmemory', '0');
  const again = await one.ask('PATCH', first, { body: 'hello ' });
  assertError(t, again, 416, 'BLOB_UPLOAD_INVALID');
  t.is(again.headers['range'], '0-5');
});

test('data of another program under the key of an upload is a 503, not a 500', async (t) => {
  const { one, server } = await cluster(t);
  const started = await one.startUpload('a');
  const client = server.client(t);
  const [key = ''] = await client.keys('stowage:upload:*');
  await client.set(key, 'something else');
  const answer = await one.ask('PATCH', started, { body: 'x' });
  assertError(t, answer, 503, 'UNAVAILABLE');
  t.is(answer.headers['retry-after'], '5');
});

test('no instance reports content as present that another has deleted', async (t) => {
  const { one, two } = await cluster(t);
  for (let round = 0; round < 5; round++) {
    const digest = await one.pushBlob('a', `layer ${round}`);
    for (const instance of [one, two]) t.is((await instance.ask('HEAD', `/v2/a/blobs/${digest}`)).status, 200);
    t.is((await one.ask('DELETE', `/v2/a/blobs/${digest}`)).status, 202);
    for (const instance of [two, one]) t.is((await instance.ask('HEAD', `/v2/a/blobs/${digest}`)).status, 404);
    const image = await two.pushImage('b', 'latest', `image ${round}`);
    for (const instance of [one, two]) t.is((await instance.ask('GET', `/v2/b/manifests/${image}`)).status, 200);
    t.is((await two.ask('DELETE', `/v2/b/manifests/${image}`)).status, 202);
    for (const instance of [one, two]) t.is((await instance.ask('GET', `/v2/b/manifests/${image}`)).status, 404);
  }
});

test('a registry starts without its Redis, and uses it once it is available', async (t) => {
  const server = await RedisServer.start(t);
  await server.kill();
  const one = await withRegistry(t, {
    http: { tokenprovider: 'redis' },
    others: { redis: { addrs: [`127.0.0.1:${server.port}`], maxretrybackoff: '100ms' } },
  });
  assertError(t, await one.ask('POST', '/v2/a/blobs/uploads/'), 503, 'UNAVAILABLE');
  await server.start();
  let status = 503;
  while (status === 503) ({ status } = await one.ask('POST', '/v2/a/blobs/uploads/'));
  t.is(status, 202);
});

test('every key of a registry in Redis expires, and has a name of its own', async (t) => {
  const { one, server } = await cluster(t);
  const digest = await one.pushBlob('a', 'layer');
  await one.startUpload('a');
  const client = server.client(t);
  // Content of Redis is trusted only after others have had time to report their deletes.
  while ((await client.exists(`blobs::${digest}`)) === 0) await one.ask('HEAD', `/v2/a/blobs/${digest}`);
  const keys = await client.keys('*');
  t.true(keys.some((key) => key.startsWith('stowage:upload:')));
  for (const key of keys) {
    t.regex(key, /^(stowage:|repository::|blobs::)/);
    // One that has ended meanwhile says -2.
    t.not(await client.pttl(key), -1, key);
  }
});
