import test from 'ava';
import { artifact, descriptorOf } from '../../../helpers/content/artifacts.ts';
import { memoryRegistry } from '../../../helpers/core/memory-registry.ts';
import { assertError } from '../../../helpers/http/assert-error.ts';
import { serveRegistry } from '../../../helpers/http/serve-registry.ts';
import { digestOf, imageManifest, locationOf, withQuery } from '../../../helpers/http/with-registry.ts';

test('the routes serve a registry without a storage: push, pull, range, tags, catalog, delete', async (t) => {
  const client = await serveRegistry(t, memoryRegistry());
  const manifest = await client.pushImage('a/b', 'v1', 'layer');
  const pulled = await client.ask('GET', '/v2/a/b/manifests/v1');
  t.is(pulled.text, imageManifest('layer'));
  t.is(pulled.headers['docker-content-digest'], manifest);
  t.is((await client.ask('GET', `/v2/a/b/blobs/${digestOf('layer')}`)).text, 'layer');
  const range = await client.ask('GET', `/v2/a/b/blobs/${digestOf('layer')}`, { headers: { Range: 'bytes=1-2' } });
  t.deepEqual([range.status, range.text], [206, 'ay']);
  t.deepEqual(JSON.parse((await client.ask('GET', '/v2/a/b/tags/list')).text), { name: 'a/b', tags: ['v1'] });
  t.deepEqual(JSON.parse((await client.ask('GET', '/v2/_catalog')).text), { repositories: ['a/b'] });
  t.is((await client.ask('DELETE', `/v2/a/b/manifests/${manifest}`)).status, 202);
  assertError(t, await client.ask('GET', '/v2/a/b/manifests/v1'), 404, 'MANIFEST_UNKNOWN');
  assertError(t, await client.ask('GET', '/v2/none/tags/list'), 404, 'NAME_UNKNOWN');
});

test('uploads of another registry are resumed, refused at a wrong offset, mounted and cancelled', async (t) => {
  const client = await serveRegistry(t, memoryRegistry());
  const begun = await client.sendChunk(await client.startUpload('a/b'), 'first ');
  const again = await client.ask('PATCH', begun, { body: 'x', headers: { 'Content-Range': '0-0' } });
  t.is(again.status, 416);
  t.is(again.headers.range, '0-5');
  const wrong = await client.finishUpload(await client.startUpload('a/b'), digestOf('other'), { body: 'bytes' });
  assertError(t, wrong, 400, 'DIGEST_INVALID');
  const digest = digestOf('first second');
  t.is((await client.finishUpload(begun, digest, { body: 'second' })).status, 201);
  const mounted = await client.ask('POST', withQuery('/v2/c/d/blobs/uploads/', { mount: digest, from: 'a/b' }));
  t.is(mounted.status, 201);
  t.is((await client.ask('GET', locationOf(mounted))).text, 'first second');
  const cancelled = await client.startUpload('a/b');
  t.is((await client.ask('DELETE', cancelled)).status, 204);
  assertError(t, await client.ask('GET', cancelled), 404, 'BLOB_UPLOAD_UNKNOWN');
});

test('the referrers of another registry are listed', async (t) => {
  const client = await serveRegistry(t, memoryRegistry());
  const subject = artifact();
  const referrer = artifact({ subject: descriptorOf(subject) });
  for (const { digest, body, type } of [subject, referrer]) {
    t.is((await client.putManifest('a/b', digest, { body, type })).status, 201);
  }
  const { manifests } = JSON.parse((await client.ask('GET', `/v2/a/b/referrers/${subject.digest}`)).text) as {
    manifests: readonly { readonly digest: string }[];
  };
  t.deepEqual(
    manifests.map(({ digest }) => digest),
    [referrer.digest],
  );
});
