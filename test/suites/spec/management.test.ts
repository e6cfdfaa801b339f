import test from 'ava';
import { artifact, push } from '../../helpers/content/artifacts.ts';
import { assertError } from '../../helpers/http/assert-error.ts';
import { withRegistry } from '../../helpers/http/with-registry.ts';

const ZERO = `sha256:${'0'.repeat(64)}`;
const one = artifact();

test('[oci-48.1] deleting a tag leaves the manifest', async (t) => {
  const registry = await withRegistry(t);
  await push(registry, 'app', one, 'v1');
  t.is((await registry.ask('DELETE', '/v2/app/manifests/v1')).status, 202);
  t.is((await registry.ask('GET', '/v2/app/manifests/v1')).status, 404);
  t.is((await registry.ask('GET', `/v2/app/manifests/${one.digest}`)).status, 200);
});

test('[oci-48.2] deleting a manifest takes every tag with it', async (t) => {
  const registry = await withRegistry(t);
  for (const tag of ['v1', 'v2']) await push(registry, 'app', one, tag);
  t.is((await registry.ask('DELETE', `/v2/app/manifests/${one.digest}`)).status, 202);
  for (const reference of ['v1', 'v2', one.digest]) {
    t.is((await registry.ask('GET', `/v2/app/manifests/${reference}`)).status, 404);
  }
});

test('[oci-48.3, oci-49.2] deleting something that does not exist, in a known repository or not, is answered 404', async (t) => {
  const registry = await withRegistry(t);
  await push(registry, 'app', one, 'v1');
  for (const name of ['app', 'nobody']) {
    for (const reference of ['v2', ZERO]) {
      assertError(t, await registry.ask('DELETE', `/v2/${name}/manifests/${reference}`), 404, 'MANIFEST_UNKNOWN');
    }
    assertError(t, await registry.ask('DELETE', `/v2/${name}/blobs/${ZERO}`), 404, 'BLOB_UNKNOWN');
  }
});

test('[oci-48.4] nothing is deleted while deleting is disabled', async (t) => {
  const registry = await withRegistry(t, { storage: { delete: { enabled: false } } });
  await push(registry, 'app', one, 'v1');
  const blob = await registry.pushBlob('app', 'x');
  for (const path of ['manifests/v1', `manifests/${one.digest}`, `blobs/${blob}`]) {
    assertError(t, await registry.ask('DELETE', `/v2/app/${path}`), 405, 'UNSUPPORTED');
    t.is((await registry.ask('GET', `/v2/app/${path}`)).status, 200);
  }
});

test('[oci-49.1] deleting a blob leaves it to the other repositories that have it', async (t) => {
  const registry = await withRegistry(t);
  const blob = await registry.pushBlob('app', 'shared');
  await registry.pushBlob('other', 'shared');
  t.is((await registry.ask('DELETE', `/v2/app/blobs/${blob}`)).status, 202);
  t.is((await registry.ask('GET', `/v2/app/blobs/${blob}`)).status, 404);
  t.is((await registry.ask('GET', `/v2/other/blobs/${blob}`)).text, 'shared');
});
