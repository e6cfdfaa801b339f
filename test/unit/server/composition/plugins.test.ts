import { join } from 'node:path';
import test from 'ava';
import { PluginLoadError } from '../../../../plugins/loading/plugin-load-error.ts';
import { digestOf, imageManifest, OCI_MANIFEST, withRegistry } from '../../../helpers/http/with-registry.ts';
import { folderWith, pluginSource } from '../../plugins/loading/fixture-folder.ts';

/** Writes its events and its end into a global that the test shares with it. */
function heard(key: string): Record<string, unknown>[] {
  const shared = globalThis as unknown as Record<string, Record<string, unknown>[]>;
  return (shared[key] ??= []);
}

const SINK = pluginSource(
  'event-sink',
  `({ key }) => {
    const list = (globalThis[key] ??= []);
    return bindPort(EVENT_SINK, {
      handle: async (event) => void list.push(event),
      [Symbol.asyncDispose]: async () => void list.push({ action: 'disposed' }),
    });
  }`,
);

test('an event sink gets pushes, pulls, mounts and deletes, with actor, content and request', async (t) => {
  const folder = await folderWith(t, { 'sink.mjs': SINK });
  const plugins = [{ use: './sink.mjs', options: { key: folder } }];
  const registry = await withRegistry(t, { folder, others: { plugins } });
  const layer = await registry.pushBlob('a/b', 'layer');
  const config = await registry.pushBlob('a/b', '{}');
  const body = imageManifest('layer');
  const manifest = digestOf(body);
  const put = await registry.putManifest('a/b', 'v1', { body, type: OCI_MANIFEST });
  await registry.putManifest('a/b', `${manifest}?tag=x&tag=y`, { body, type: OCI_MANIFEST });
  await registry.ask('GET', '/v2/a/b/manifests/v1');
  await registry.ask('HEAD', `/v2/a/b/manifests/${manifest}`);
  await registry.ask('GET', `/v2/a/b/blobs/${layer}`, { headers: { Range: 'bytes=0-1' } });
  await registry.ask('POST', `/v2/c/d/blobs/uploads/?mount=${layer}&from=a/b`);
  await registry.ask('POST', `/v2/c/d/blobs/uploads/?mount=${config}`);
  await registry.ask('GET', `/v2/a/b/manifests/none`);
  await registry.ask('DELETE', '/v2/a/b/manifests/v1');
  await registry.ask('DELETE', `/v2/a/b/manifests/${manifest}`);
  await registry.ask('DELETE', `/v2/c/d/blobs/${layer}`);
  await registry.stop();
  const events = heard(folder);
  t.deepEqual(
    events.map(({ action, target, repository, digest, tag, size, fromRepository, method }) =>
      [action, target, repository, digest, tag, size, fromRepository, method].map(String).join(' '),
    ),
    [
      `push blob a/b ${layer} undefined 5 undefined PUT`,
      `push blob a/b ${config} undefined 2 undefined PUT`,
      `push manifest a/b ${manifest} v1 ${body.length} undefined PUT`,
      `push manifest a/b ${manifest} x ${body.length} undefined PUT`,
      `push manifest a/b ${manifest} y ${body.length} undefined PUT`,
      `pull manifest a/b ${manifest} v1 ${body.length} undefined GET`,
      `pull manifest a/b ${manifest} undefined ${body.length} undefined HEAD`,
      `pull blob a/b ${layer} undefined 5 undefined GET`,
      `mount blob c/d ${layer} undefined 5 a/b POST`,
      `mount blob c/d ${config} undefined 2 undefined POST`,
      'delete manifest a/b undefined v1 undefined undefined DELETE',
      `delete manifest a/b ${manifest} undefined undefined undefined DELETE`,
      `delete blob c/d ${layer} undefined undefined undefined DELETE`,
      'disposed undefined undefined undefined undefined undefined undefined undefined',
    ],
  );
  t.is(events[2]?.['requestId'], put.headers['x-request-id']);
  t.is(events[2]?.['mediaType'], OCI_MANIFEST);
  t.is(events[0]?.['mediaType'], 'application/octet-stream');
  t.true(events[2]?.['at'] instanceof Date);
  const ids = events.slice(0, -1).map(({ id }) => id);
  t.is(new Set(ids).size, ids.length);
});

test('an event carries the name of the user', async (t) => {
  const gate = pluginSource(
    'access-controller',
    `() => bindPort(ACCESS_CONTROLLER, {
      authorize: async ({ authorization }) => {
        if (authorization === undefined) throw new UnauthorizedError('Gate realm="here"');
        return { user: authorization };
      },
    })`,
  ).replace('RegistryError }', 'RegistryError, UnauthorizedError }');
  const folder = await folderWith(t, { 'sink.mjs': SINK, 'gate.mjs': gate });
  const plugins = ['./gate.mjs', { use: './sink.mjs', options: { key: folder } }];
  const registry = await withRegistry(t, { folder, others: { plugins } });
  const refused = await registry.ask('GET', '/v2/');
  t.is(refused.status, 401);
  t.is(refused.headers['www-authenticate'], 'Gate realm="here"');
  const query = `digest=${digestOf('x')}`;
  const path = `/v2/a/blobs/uploads/?${query}`;
  const answer = await registry.ask('POST', path, { headers: { Authorization: 'ann' }, body: 'x' });
  t.is(answer.status, 201);
  await registry.stop();
  t.is(heard(folder)[0]?.['user'], 'ann');
});

test('a sink that fails and one that hangs neither delay nor fail a request, and the registry can stop', async (t) => {
  const failing = pluginSource(
    'event-sink',
    `() => bindPort(EVENT_SINK, { handle: async () => { throw new Error('no'); } })`,
  );
  const hanging = pluginSource(
    'event-sink',
    `({ key }) => {
      const { promise, resolve } = Promise.withResolvers();
      const calls = (globalThis[key] ??= []);
      calls.push({ release: resolve });
      return bindPort(EVENT_SINK, { handle: async ({ action }) => { calls.push({ action }); await promise; } });
    }`,
  );
  const folder = await folderWith(t, { 'failing.mjs': failing, 'hanging.mjs': hanging });
  const plugins = ['./failing.mjs', { use: './hanging.mjs', options: { key: folder } }];
  const registry = await withRegistry(t, { folder, others: { plugins } });
  await registry.pushImage('a/b', 'v1');
  t.is((await registry.ask('GET', '/v2/a/b/manifests/v1')).status, 200);
  const [handle, ...told] = heard(folder);
  t.deepEqual(told, [{ action: 'push' }], 'the first event is all that the sink has taken');
  const stopped = registry.stop();
  (handle?.['release'] as () => void)();
  await stopped;
  t.is(heard(folder).length, 1 + 4, 'what had waited was told before the end');
});

const COUNTING_CACHE = pluginSource(
  'descriptor-cache',
  `({ key }) => {
    const calls = (globalThis[key] ??= []);
    const blobs = new Map();
    return bindPort(DESCRIPTOR_CACHE, {
      get: async (name, digest) => { calls.push({ get: name }); return blobs.get(name + digest); },
      set: async (name, digest, blob) => { calls.push({ set: name, ...blob }); blobs.set(name + digest, blob); },
      delete: async (name, digest) => { calls.push({ delete: name }); blobs.delete(name + digest); },
    });
  }`,
);

test('a descriptor cache is asked for reads of blobs, filled with answers of the storage, and emptied by deletes', async (t) => {
  const folder = await folderWith(t, { 'cache.mjs': COUNTING_CACHE });
  const plugins = [{ use: './cache.mjs', options: { key: folder } }];
  const registry = await withRegistry(t, { folder, others: { plugins } });
  const digest = await registry.pushBlob('a', 'layer');
  const path = `/v2/a/blobs/${digest}`;
  t.is((await registry.ask('HEAD', path)).status, 200);
  t.is((await registry.ask('GET', path)).text, 'layer');
  t.is((await registry.ask('DELETE', path)).status, 202);
  t.is((await registry.ask('HEAD', path)).status, 404);
  t.deepEqual(heard(folder), [
    { get: 'a' },
    { set: 'a', digest, size: 5 },
    { get: 'a' },
    { delete: 'a' },
    { get: 'a' },
  ]);
});

test('a wrapper of middleware.storage and one of plugins wrap the driver, the latter outside', async (t) => {
  const wrapper = pluginSource(
    'driver-wrapper',
    `({ key, sign }) => bindPort(DRIVER_WRAPPER, {
      wrap: (driver) => {
        (globalThis[key] ??= []).push({ sign, around: driver.name });
        return Object.assign(Object.create(null), {
          name: sign,
          capabilities: driver.capabilities,
          ...Object.fromEntries(['stat', 'read', 'write', 'openWriter', 'list', 'move', 'delete', Symbol.asyncDispose]
            .filter((name) => typeof name === 'string')
            .map((name) => [name, (...given) => driver[name](...given)])),
          [Symbol.asyncDispose]: async () => {
            globalThis[key].push({ disposed: sign });
            await driver[Symbol.asyncDispose]();
          },
        });
      },
    })`,
  );
  const folder = await folderWith(t, { 'wrapper.mjs': wrapper });
  const registry = await withRegistry(t, {
    folder,
    others: {
      middleware: {
        storage: [
          { name: './wrapper.mjs', options: { key: folder, sign: 'near' } },
          { name: './nowhere.mjs', disabled: true },
          { name: './wrapper.mjs', options: { key: folder, sign: 'middle' } },
        ],
      },
      plugins: [{ use: './wrapper.mjs', options: { key: folder, sign: 'far' } }],
    },
  });
  await registry.pushImage('a/b', 'v1');
  t.is((await registry.ask('GET', '/v2/a/b/manifests/v1')).status, 200);
  await registry.stop();
  t.deepEqual(heard(folder), [
    { sign: 'near', around: 'inmemory' },
    { sign: 'middle', around: 'near' },
    { sign: 'far', around: 'middle' },
    { disposed: 'far' },
    { disposed: 'middle' },
    { disposed: 'near' },
  ]);
});

test('objects that plugins have bound are released when the start fails after them', async (t) => {
  const folder = await folderWith(t, { 'sink.mjs': SINK });
  const plugins = [{ use: './sink.mjs', options: { key: folder } }, './missing.mjs'];
  const error = await t.throwsAsync(withRegistry(t, { folder, others: { plugins } }), { instanceOf: PluginLoadError });
  t.is(error.code, 'not-installed');
  t.true(error.message.includes(join(folder, 'missing.mjs')));
  t.deepEqual(heard(folder), [{ action: 'disposed' }]);
});
