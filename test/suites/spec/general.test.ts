import test from 'ava';
import { ROUTES } from '../../../core/api/route-descriptors.ts';
import { artifact, artifactIndex, OCI_INDEX, push, referrersOf } from '../../helpers/content/artifacts.ts';
import { FAULT_INJECTING_PLUGIN, newFaults } from '../../helpers/drivers/fault-injecting-plugin.ts';
import { assertError } from '../../helpers/http/assert-error.ts';
import { OCI_ERROR_CODES } from '../../helpers/http/error-codes.ts';
import { SCOPED_ACCESS, TOO_MANY } from '../../helpers/http/scoped-access.ts';
import { digestOf, OCI_MANIFEST, withRegistry } from '../../helpers/http/with-registry.ts';

const ZERO = `sha256:${'0'.repeat(64)}`;

test('[oci-1.1] names that match the grammar are accepted, and others are refused', async (t) => {
  const registry = await withRegistry(t);
  for (const name of ['a', 'a0', 'a.b', 'a_b', 'a__b', 'a---b', 'a/b/c', 'blobs/uploads', '1/2']) {
    t.is((await registry.ask('POST', `/v2/${name}/blobs/uploads/`)).status, 202, name);
  }
  for (const name of ['A', 'a..b', 'a___b', '-a', 'a-', 'a/_b', 'a b', '%41', 'a'.repeat(256)]) {
    const answer = await registry.ask('POST', encodeURI(`/v2/${name}/blobs/uploads/`).replace('%25', '%'));
    assertError(t, answer, 400, 'NAME_INVALID');
  }
});

test('[oci-2.1, oci-2.2] a tag of 128 characters can be set, and a manifest under an impossible one is not found', async (t) => {
  const registry = await withRegistry(t);
  const long = `_${'Z'.repeat(127)}`;
  await push(registry, 'app', artifact(), long);
  t.is((await registry.ask('GET', `/v2/app/manifests/${long}`)).status, 200);
  for (const tag of ['.INVALID_MANIFEST_NAME', `${long}Z`, '-a', 'a+b']) {
    for (const method of ['GET', 'HEAD']) {
      t.is((await registry.ask(method, `/v2/app/manifests/${encodeURIComponent(tag)}`)).status, 404, tag);
    }
    const put = await registry.putManifest('app', encodeURIComponent(tag), artifact());
    t.is(put.status, 400, tag);
  }
});

test('[oci-3.1] sha256 is 64 lower-case hex digits and nothing else', async (t) => {
  const registry = await withRegistry(t);
  const digest = await registry.pushBlob('app', 'abc');
  t.is((await registry.ask('GET', `/v2/app/blobs/${digest}`)).status, 200);
  for (const wrong of [digest.toUpperCase(), digest.replace(/[a-f]/, 'A'), digest.slice(0, -1), `${digest}0`]) {
    t.is((await registry.ask('GET', `/v2/app/blobs/${wrong}`)).status, 400, wrong);
  }
});

test('[oci-3.2] blobs and manifests can be pushed and pulled by sha512', async (t) => {
  const registry = await withRegistry(t);
  const digest = digestOf('abc', 'sha512');
  t.is((await registry.finishUpload(await registry.startUpload('app'), digest, { body: 'abc' })).status, 201);
  const blob = await registry.ask('GET', `/v2/app/blobs/${digest}`);
  t.is(blob.text, 'abc');
  t.is(blob.headers['docker-content-digest'], digest);
  const { body, type } = artifact({ layers: [{ mediaType: 'a/b', digest, size: 3 }] });
  const of512 = digestOf(body, 'sha512');
  await push(registry, 'app', { body, type, digest: of512 });
  const manifest = await registry.ask('GET', `/v2/app/manifests/${of512}`);
  t.is(manifest.text, body);
  t.is(manifest.headers['docker-content-digest'], of512);
});

test('[oci-4.1, oci-55.1] every endpoint of the specification exists and answers only its statuses', async (t) => {
  // Their statuses are compared with the table of routes in test/unit/core/api; here requests are sent to them.
  const registry = await withRegistry(t);
  const digest = await registry.pushImage('app', 'v1');
  const location = await registry.startUpload('app');
  const layer = digestOf('layer');
  const asked: [string, string, number][] = [
    ['GET', '/v2/', 200],
    ['GET', `/v2/app/blobs/${layer}`, 200],
    ['HEAD', `/v2/app/blobs/${ZERO}`, 404],
    ['GET', '/v2/app/manifests/v1', 200],
    ['HEAD', '/v2/app/manifests/v2', 404],
    ['POST', '/v2/app/blobs/uploads/', 202],
    ['POST', `/v2/app/blobs/uploads/?digest=${digestOf('')}`, 201],
    ['POST', `/v2/other/blobs/uploads/?mount=${layer}&from=app`, 201],
    ['PATCH', location, 202],
    ['GET', location, 204],
    ['DELETE', location, 204],
    ['PUT', `${location}&digest=${digestOf('never pushed')}`, 404],
    ['PUT', '/v2/app/manifests/v1', 400],
    ['GET', '/v2/app/tags/list', 200],
    ['GET', '/v2/app/tags/list?n=1&last=a', 200],
    ['GET', `/v2/app/referrers/${digest}`, 200],
    ['GET', `/v2/app/referrers/${digest}?artifactType=a/b`, 200],
    ['DELETE', '/v2/app/manifests/v1', 202],
    ['DELETE', `/v2/app/blobs/${layer}`, 202],
  ];
  for (const [method, path, status] of asked) {
    t.is((await registry.ask(method, path)).status, status, `${method} ${path}`);
  }
  const routes = ROUTES.flatMap(({ path, methods }) => methods.map(({ method }) => `${method} ${path}`));
  t.is(new Set(routes).size, routes.length);
});

test('[oci-5.1] HEAD answers as GET does without the body, and 405 names what is allowed', async (t) => {
  const registry = await withRegistry(t);
  const digest = await registry.pushImage('app', 'v1');
  const lists = ['/v2/', '/v2/_catalog', '/v2/app/tags/list', `/v2/app/referrers/${digest}`];
  for (const path of [...lists, '/v2/app/manifests/v1', `/v2/app/blobs/${digestOf('layer')}`]) {
    const { date: _a, 'x-request-id': _b, ...get } = (await registry.ask('GET', path)).headers;
    const head = await registry.ask('HEAD', path);
    const { date: _c, 'x-request-id': _d, ...given } = head.headers;
    t.deepEqual(given, get, path);
    t.is(head.body.byteLength, 0);
    const refused = await registry.ask('PATCH', path);
    assertError(t, refused, 405, 'UNSUPPORTED');
    t.regex(refused.headers.allow ?? '', /^GET, HEAD/);
  }
});

test('[oci-6.1, oci-6.2] GET of /v2/ and of /v2 answers 200', async (t) => {
  const registry = await withRegistry(t);
  for (const path of ['/v2/', '/v2']) t.is((await registry.ask('GET', path)).status, 200, path);
});

test('[oci-50.1] ns changes nothing in a registry that is not a proxy', async (t) => {
  const registry = await withRegistry(t);
  const digest = await registry.pushImage('app', 'v1');
  for (const path of ['manifests/v1', `blobs/${digestOf('layer')}`, 'tags/list', `referrers/${digest}`]) {
    const plain = await registry.ask('GET', `/v2/app/${path}`);
    const scoped = await registry.ask('GET', `/v2/app/${path}?ns=docker.io`);
    t.is(scoped.status, 200, path);
    t.is(scoped.text, plain.text);
    t.is(scoped.headers['oci-namespace'], undefined);
  }
  const put = await registry.ask('PUT', '/v2/app/manifests/v2?ns=docker.io', {
    body: artifact().body,
    headers: { 'Content-Type': OCI_MANIFEST },
  });
  t.is(put.status, 201, put.text);
});

test('[oci-51.1] every error body is JSON with a code of the specification', async (t) => {
  const registry = await withRegistry(t);
  const asked: [string, string][] = [
    ['GET', '/v2/App/tags/list'],
    ['GET', '/v2/app/tags/list'],
    ['GET', '/v2/app/manifests/v1'],
    ['GET', `/v2/app/manifests/${ZERO}x`],
    ['GET', `/v2/app/blobs/${ZERO}`],
    ['GET', `/v2/app/referrers/latest`],
    ['GET', '/v2/app/blobs/uploads/none'],
    ['PATCH', '/v2/app/blobs/uploads/none?_state=x'],
    ['PUT', '/v2/app/manifests/v1'],
    ['POST', '/v2/app/blobs/uploads/?digest=x'],
    ['TRACE', '/v2/'],
    ['GET', '/v2/nothing'],
  ];
  for (const [method, path] of asked) {
    const answer = await registry.ask(method, path);
    t.true(answer.status >= 400 && answer.status < 500, `${method} ${path}`);
    const { errors } = JSON.parse(answer.text) as { errors: { code: string; message?: unknown }[] };
    t.true(errors.length > 0);
    for (const { code, message } of errors) {
      t.true(OCI_ERROR_CODES.includes(code), `${method} ${path}: ${code}`);
      t.is(typeof message, 'string');
    }
  }
});

test('[oci-52.1] an answer that asks the client to wait says how long', async (t) => {
  const { name, faults } = newFaults();
  const registry = await withRegistry(t, { storage: { [FAULT_INJECTING_PLUGIN]: { faults: name } } });
  faults.failure = 'unavailable';
  const answer = await registry.ask('GET', '/v2/app/manifests/v1');
  t.is(answer.status, 503);
  const guarded = await withRegistry(t, { auth: { [SCOPED_ACCESS]: {} } });
  const tooMany = await guarded.ask('GET', '/v2/app/manifests/v1', { headers: TOO_MANY });
  assertError(t, tooMany, 429, 'TOOMANYREQUESTS');
  for (const { headers } of [answer, tooMany]) t.regex(headers['retry-after'] ?? '', /^[1-9][0-9]*$/);
});

test('[oci-53.1, oci-53.2] a manifest without mediaType is stored and answered with a warning of the right form', async (t) => {
  const registry = await withRegistry(t);
  for (const type of [OCI_MANIFEST, OCI_INDEX]) {
    const whole = JSON.parse((type === OCI_INDEX ? artifactIndex() : artifact()).body) as object;
    const body = JSON.stringify({ ...whole, mediaType: undefined });
    const answer = await push(registry, 'app', { body, type, digest: digestOf(body) });
    const warning = answer.headers['warning'] ?? '';
    t.regex(warning, /^299 - "[\x20-\x7e]+"$/);
    t.true(warning.length <= 4096);
  }
  t.is((await push(registry, 'app', artifact())).headers['warning'], undefined);
});

test('[oci-54.1] an extension that does not exist is unsupported, and its name is never a repository', async (t) => {
  const registry = await withRegistry(t);
  for (const path of ['/v2/_oci/ext/discover', '/v2/app/_oci/ext/discover', '/v2/_none/x']) {
    assertError(t, await registry.ask('GET', path), 404, 'UNSUPPORTED');
  }
  assertError(t, await registry.ask('GET', '/v2/_oci/tags/list'), 400, 'NAME_INVALID');
  t.deepEqual((await referrersOf(registry, 'app', ZERO)).digests, []);
});
