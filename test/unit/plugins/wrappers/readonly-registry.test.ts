import test from 'ava';
import { assertError } from '../../../helpers/http/assert-error.ts';
import {
  digestOf,
  imageManifest,
  locationOf,
  OCI_MANIFEST,
  withRegistry,
} from '../../../helpers/http/with-registry.ts';

const STORAGE = new URL('shared-storage.js', import.meta.url).pathname;

test('over a storage that takes no changes everything can be pulled, and every push and delete is 405 with the remaining methods', async (t) => {
  const writable = await withRegistry(t, { storage: { [STORAGE]: { wrapped: false } } });
  const digest = await writable.pushImage('a', 'latest');
  const upload = await writable.sendChunk(await writable.startUpload('a'), 'begun');
  const registry = await withRegistry(t, { storage: { [STORAGE]: { wrapped: true } } });
  t.is((await registry.ask('GET', '/v2/a/manifests/latest')).headers['docker-content-digest'], digest);
  t.is((await registry.ask('GET', `/v2/a/blobs/${digestOf('layer')}`)).text, 'layer');
  t.is((await registry.ask('GET', '/v2/a/tags/list')).status, 200);
  const body = imageManifest('layer', 'layer');
  const headers = { 'Content-Type': OCI_MANIFEST };
  const refused = [
    ['POST', `/v2/a/blobs/uploads/?digest=${digestOf('new')}`, { body: 'new' }, ''],
    ['POST', `/v2/b/blobs/uploads/?mount=${digestOf('layer')}&from=a`, {}, ''],
    ['PATCH', upload, { body: 'bytes' }, 'GET, HEAD'],
    ['DELETE', upload, {}, 'GET, HEAD'],
    ['PUT', '/v2/a/manifests/new', { body, headers }, 'GET, HEAD'],
    ['PUT', '/v2/a/manifests/latest', { body: imageManifest('layer'), headers }, 'GET, HEAD'],
    ['DELETE', '/v2/a/manifests/latest', {}, 'GET, HEAD'],
    ['DELETE', `/v2/a/manifests/${digest}`, {}, 'GET, HEAD'],
    ['DELETE', `/v2/a/blobs/${digestOf('layer')}`, {}, 'GET, HEAD'],
  ] as const;
  for (const [method, path, ask, allow] of refused) {
    const answer = await registry.ask(method, path, ask);
    t.is(answer.status, 405, `${method} ${path}: ${answer.text}`);
    assertError(t, answer, 405, 'UNSUPPORTED');
    t.deepEqual(answer.headers.allow?.split(', ').sort().join(', '), allow, `${method} ${path}`);
  }
  t.is((await registry.ask('GET', '/v2/a/manifests/latest')).headers['docker-content-digest'], digest);
  t.is(locationOf(await writable.ask('GET', upload)).startsWith('/v2/a/blobs/uploads/'), true);
});
