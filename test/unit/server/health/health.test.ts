import { once } from 'node:events';
import { rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { assertError } from '../../../helpers/http/assert-error.ts';
import { type Answer, ask } from '../../../helpers/http/http-request.ts';
import { digestOf, type Registry, withRegistry } from '../../../helpers/http/with-registry.ts';
import { freePort } from '../../../helpers/processes/free-port.ts';
import { folderWith, pluginSource } from '../../plugins/loading/fixture-folder.ts';

/** A wrapper whose `stat` calls a function in a global that it shares with the test. */
const TROUBLE = pluginSource(
  'driver-wrapper',
  `({ key }) => bindPort(DRIVER_WRAPPER, {
    wrap: (driver) => new Proxy(driver, {
      get: (target, name) => {
        const value = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        return name === 'stat' && globalThis[key] ? () => globalThis[key]() : value.bind(target);
      },
    }),
  })`,
);

function trouble(key: string, act: (() => Promise<never>) | undefined): void {
  (globalThis as unknown as Record<string, unknown>)[key] = act;
}

/** Asks until the answer has this status; every other status fails. */
async function until(registry: Registry, path: string, status: number, before: number): Promise<Answer> {
  for (;;) {
    const answer = await registry.ask('GET', path);
    if (answer.status === status) return answer;
    if (answer.status !== before) throw new Error(`${path} answered ${answer.status}: ${answer.text}`);
  }
}

for (const path of ['/livez', '/readyz']) {
  test(`${path} answers without authorization and outside the prefix`, async (t) => {
    const auth = { silly: { realm: 'r', service: 's' } };
    const registry = await withRegistry(t, { auth, http: { prefix: '/registry' } });
    t.is((await registry.ask('GET', '/registry/v2/')).status, 401);
    const got = await registry.ask('GET', path);
    t.like(got, { status: 200, text: 'ok' });
    t.is(got.headers['cache-control'], 'no-store');
    const head = await registry.ask('HEAD', path);
    t.like(head, { status: 200, text: '' });
    t.is(head.headers['content-length'], '2');
    t.is((await registry.ask('POST', path)).status, 404);
    t.is((await registry.ask('GET', `/registry${path}`)).status, 404);
  });
}

test('a registry whose storage fails or hangs is alive and not ready, and ready again when the storage answers', async (t) => {
  const folder = await folderWith(t, { 'trouble.mjs': TROUBLE });
  const plugins = [{ use: './trouble.mjs', options: { key: folder } }];
  const registry = await withRegistry(t, { folder, others: { plugins, log: { level: 'error' } } });
  trouble(folder, () => Promise.reject(new Error('the disk is gone')));
  t.like(await until(registry, '/readyz', 503, 200), { text: '{"storage":"unavailable"}' });
  t.is((await registry.ask('GET', '/livez')).status, 200);
  trouble(folder, () => new Promise(() => undefined));
  let hanging: Answer;
  do hanging = await registry.ask('GET', '/readyz');
  while (hanging.text === '{"storage":"unavailable"}');
  t.like(hanging, { status: 503, text: '{"storage":"timeout"}' });
  t.is((await registry.ask('GET', '/livez')).status, 200);
  t.like(await registry.ask('HEAD', '/readyz'), { status: 503, text: '' });
  trouble(folder, undefined);
  await until(registry, '/readyz', 200, 503);
});

test('a file in place of the root counts as an unavailable storage, not as a fault of the request', async (t) => {
  const registry = await withRegistry(t, { storage: { filesystem: {} }, others: { log: { level: 'error' } } });
  await registry.ask('GET', '/readyz');
  const aside = `${registry.root}-aside`;
  await rename(registry.root, aside);
  await writeFile(registry.root, '');
  t.like(await until(registry, '/readyz', 503, 200), { text: '{"storage":"unavailable"}' });
  const push = await registry.ask('POST', `/v2/a/blobs/uploads/?digest=${digestOf('new')}`, { body: 'new' });
  assertError(t, push, 503, 'UNAVAILABLE');
  assertError(t, await registry.ask('GET', '/v2/a/manifests/latest'), 503, 'UNAVAILABLE');
  await rm(registry.root);
  assertError(t, await registry.ask('GET', '/v2/a/manifests/latest'), 503, 'UNAVAILABLE');
  await rename(aside, registry.root);
  await until(registry, '/readyz', 200, 503);
});

/** Fails and recovers, and proves that the registry follows. */
async function assertFollows(
  t: ExecutionContext,
  registry: Registry,
  { name, problem, recover }: { name: string; problem: string; recover: () => Promise<unknown> },
): Promise<void> {
  const refused = await until(registry, '/v2/', 503, 200);
  assertError(t, refused, 503, 'UNAVAILABLE');
  t.is(refused.headers['retry-after'], '5');
  assertError(t, await registry.ask('GET', '/'), 503, 'UNAVAILABLE');
  t.like(await registry.ask('GET', '/readyz'), { status: 503, text: JSON.stringify({ [name]: problem }) });
  t.is((await registry.ask('GET', '/livez')).status, 200);
  await recover();
  await until(registry, '/v2/', 200, 503);
  t.is((await registry.ask('GET', '/readyz')).status, 200);
}

test('while a file of health.file exists, requests are answered with 503 as in distribution', async (t) => {
  const file = join(await tempRoot(t), 'down');
  await writeFile(file, '');
  const registry = await withRegistry(t, { others: { health: { file: [{ file, interval: '5ms' }] } } });
  await assertFollows(t, registry, { name: file, problem: 'file exists', recover: () => rm(file) });
});

test('a URL of health.http must answer HEAD with its status, and its password is never printed', async (t) => {
  let status = 500;
  const methods = new Set<string | undefined>();
  const other = createServer((request, response) => {
    methods.add(`${request.method} ${String(request.headers['x-a'])}`);
    response.writeHead(status).end();
  }).listen(0, '127.0.0.1');
  t.teardown(() => other.close());
  await once(other, 'listening');
  const host = `127.0.0.1:${(other.address() as AddressInfo).port}`;
  const check = { uri: `http://me:pw@${host}/x`, headers: { 'X-A': ['1', '2'] }, statuscode: 204, interval: '5ms' };
  const registry = await withRegistry(t, { others: { health: { http: [check] } } });
  const name = `http://${host}/x`;
  const recover = async (): Promise<void> => void (status = 204);
  await assertFollows(t, registry, { name, problem: 'answered 500 instead of 204', recover });
  t.deepEqual(methods, new Set(['HEAD 1, 2']));
});

test('an address of health.tcp must take connections', async (t) => {
  const port = await freePort();
  const check = { addr: `127.0.0.1:${port}`, interval: '5ms', timeout: '1s' };
  const registry = await withRegistry(t, { others: { health: { tcp: [check] } } });
  const recover = async (): Promise<void> => {
    const again = createTcpServer().listen(port, '127.0.0.1');
    t.teardown(() => again.close());
    await once(again, 'listening');
  };
  await assertFollows(t, registry, { name: check.addr, problem: 'cannot be reached: ECONNREFUSED', recover });
});

test('an HTTP check that gets no answer ends with its timeout', async (t) => {
  const other = createTcpServer().listen(0, '127.0.0.1');
  t.teardown(() => other.close());
  await once(other, 'listening');
  const uri = `http://127.0.0.1:${(other.address() as AddressInfo).port}/`;
  const registry = await withRegistry(t, { others: { health: { http: [{ uri, timeout: '20ms', interval: '1m' }] } } });
  const refused = await until(registry, '/readyz', 503, 200);
  t.is(refused.text, JSON.stringify({ [uri]: 'does not answer: timeout' }));
});

test('the debug server lists exactly the failing checks', async (t) => {
  const port = await freePort();
  const file = join(await tempRoot(t), 'down');
  const health = { storagedriver: { enabled: true, interval: '5ms', threshold: 2 }, file: [{ file, interval: '5ms' }] };
  const http = { debug: { addr: `127.0.0.1:${port}` } };
  const registry = await withRegistry(t, { http, others: { health } });
  const debug = { address: `http://127.0.0.1:${port}` };
  const healthy = await ask(debug, 'GET', '/debug/health');
  t.like(healthy, { status: 200, text: '{}' });
  t.is(healthy.headers['content-type'], 'application/json; charset=utf-8');
  t.is((await ask(debug, 'POST', '/debug/health')).status, 404);
  t.is((await ask(debug, 'GET', '/v2/')).status, 404);
  t.is((await registry.ask('GET', '/debug/health')).status, 404);
  await writeFile(file, '');
  await until(registry, '/v2/', 503, 200);
  t.like(await ask(debug, 'GET', '/debug/health'), { status: 503, text: JSON.stringify({ [file]: 'file exists' }) });
  await registry.stop();
  await t.throwsAsync(ask(debug, 'GET', '/debug/health'), { code: 'ECONNREFUSED' });
});

test('the storage check counts failures up to its threshold', async (t) => {
  const folder = await folderWith(t, { 'trouble.mjs': TROUBLE });
  const plugins = [{ use: './trouble.mjs', options: { key: folder } }];
  const health = { storagedriver: { enabled: true, interval: '5ms', threshold: 3 } };
  const registry = await withRegistry(t, { folder, others: { plugins, health } });
  trouble(folder, () => Promise.reject(new Error('the disk is gone')));
  assertError(t, await until(registry, '/v2/', 503, 200), 503, 'UNAVAILABLE');
  const { text } = await registry.ask('GET', '/readyz');
  t.deepEqual(JSON.parse(text), { storage: 'unavailable', storagedriver_inmemory: 'unavailable' });
  trouble(folder, undefined);
  await until(registry, '/v2/', 200, 503);
});

test('an address of the debug server that is in use prevents the start', async (t) => {
  const registry = await withRegistry(t);
  const { host } = new URL(registry.address);
  await t.throwsAsync(withRegistry(t, { http: { debug: { addr: host } } }), {
    message: /http\.debug\.addr: .* is already in use/,
  });
});
