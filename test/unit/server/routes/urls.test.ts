import test from 'ava';
import { assertError } from '../../../helpers/http/assert-error.ts';
import { digestOf, imageManifest, OCI_MANIFEST, withQuery, withRegistry } from '../../../helpers/http/with-registry.ts';

const START = '/v2/app/blobs/uploads/';

test('locations have the host, port and scheme that the client used', async (t) => {
  const registry = await withRegistry(t);
  const cases: [Record<string, string>, string][] = [
    [{}, registry.address],
    [{ Host: 'registry.example:8080' }, 'http://registry.example:8080'],
    [{ 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'hub.example' }, 'https://hub.example'],
    [{ 'X-Forwarded-Proto': 'https' }, registry.address.replace('http:', 'https:')],
    [{ 'X-Forwarded-Host': 'one.example, two.example' }, 'http://one.example'],
    [{ Forwarded: 'for=1.2.3.4;proto=https;host="hub.example:444"' }, 'https://hub.example:444'],
    [{ Forwarded: 'proto=https;host=a.example', 'X-Forwarded-Host': 'b.example' }, 'https://a.example'],
    [{ 'X-Forwarded-Proto': 'javascript', 'X-Forwarded-Host': 'evil" onload="' }, registry.address],
  ];
  for (const [headers, root] of cases) {
    const answer = await registry.ask('POST', START, { headers });
    t.true(answer.headers.location?.startsWith(`${root}${START}`), answer.headers.location);
  }
});

test('a host that could not stand in a URL gives locations without one', async (t) => {
  const registry = await withRegistry(t);
  const answer = await registry.ask('POST', START, { headers: { Host: '1.2.3.4.5' } });
  t.true(answer.headers.location?.startsWith(START), answer.headers.location);
});

test('the configured host takes precedence over all headers of a request', async (t) => {
  const registry = await withRegistry(t, { http: { host: 'https://public.example:5443', relativeurls: true } });
  const answer = await registry.ask('POST', START, { headers: { Host: 'x', 'X-Forwarded-Proto': 'http' } });
  t.true(answer.headers.location?.startsWith(`https://public.example:5443${START}`), answer.headers.location);
});

test('relative locations have neither scheme nor host and work', async (t) => {
  const registry = await withRegistry(t, { http: { relativeurls: true } });
  const begun = await registry.ask('POST', START, { headers: { 'X-Forwarded-Host': 'hub.example' } });
  const location = begun.headers.location ?? '';
  t.true(location.startsWith(START));
  const digest = digestOf('bytes');
  const end = await registry.ask('PUT', withQuery(location, { digest }), { body: 'bytes' });
  t.is(end.headers.location, `/v2/app/blobs/${digest}`);
});

for (const relativeurls of [false, true]) {
  test(`with a prefix everything is found below it, and only there (relative URLs: ${relativeurls})`, async (t) => {
    const registry = await withRegistry(t, { http: { prefix: '/team.a/registry', relativeurls } });
    const root = `${relativeurls ? '' : registry.address}/team.a/registry`;
    const digest = digestOf('{}');
    const begun = await registry.ask('POST', `/team.a/registry${START}`);
    const location = begun.headers.location ?? '';
    t.true(location.startsWith(`${root}${START}`), location);
    const path = location.replace(registry.address, '');
    const end = await registry.ask('PUT', withQuery(path, { digest }), { body: '{}' });
    t.is(end.headers.location, `${root}/v2/app/blobs/${digest}`);
    for (const tag of ['v1', 'v2']) {
      const put = await registry.ask('PUT', `/team.a/registry/v2/app/manifests/${tag}`, {
        body: imageManifest(),
        headers: { 'Content-Type': OCI_MANIFEST },
      });
      t.is(put.headers.location, `${root}/v2/app/manifests/${digestOf(imageManifest())}`);
    }
    const tags = await registry.ask('GET', '/team.a/registry/v2/app/tags/list?n=1');
    t.is(tags.headers['link'], '</team.a/registry/v2/app/tags/list?last=v1&n=1>; rel="next"');
    t.is((await registry.ask('GET', '/team.a/registry/v2/')).status, 200);
    for (const other of ['/v2/', '/teamXa/registry/v2/', '/team.a/v2/', '/team.a/registry/x/v2/']) {
      assertError(t, await registry.ask('GET', other), 404, 'UNSUPPORTED');
    }
  });
}

test('a name that breaks the grammar is refused, however it is escaped', async (t) => {
  const registry = await withRegistry(t);
  await registry.pushImage('a/b', 'v1');
  for (const name of [
    'a%252Fb',
    'a%2F%2Fb',
    '%2Fa',
    'a%00',
    'a%2Fb%zz',
    'a%ff',
    'a%C3%A9',
    'a%5Cb',
    'A/b',
    'a/_b',
    'a..b',
    'a___b',
    '-a',
    'a b'.replace(' ', '%20'),
    'é',
  ]) {
    for (const rest of ['tags/list', 'manifests/v1', `blobs/${digestOf('{}')}`]) {
      assertError(
        t,
        await registry.ask('GET', encodeURI(`/v2/${name}/${rest}`).replaceAll('%25', '%')),
        400,
        'NAME_INVALID',
      );
    }
    const begun = await registry.ask('POST', encodeURI(`/v2/${name}/blobs/uploads/`).replaceAll('%25', '%'));
    assertError(t, begun, 400, 'NAME_INVALID');
  }
});

test('a name of 255 characters is accepted on disk, and a longer one refused', async (t) => {
  const registry = await withRegistry(t, { storage: { filesystem: {} } });
  for (const name of ['a'.repeat(255), `${'a/'.repeat(127)}b`]) {
    await registry.pushImage(name, 'v'.repeat(128));
    t.is((await registry.ask('GET', `/v2/${name}/manifests/${'v'.repeat(128)}`)).status, 200);
    assertError(t, await registry.ask('GET', `/v2/${name}a/tags/list`), 400, 'NAME_INVALID');
    assertError(t, await registry.ask('POST', `/v2/${name}a/blobs/uploads/`), 400, 'NAME_INVALID');
  }
});

test('a request with an absolute URL as its target is answered like any other', async (t) => {
  const registry = await withRegistry(t);
  t.is((await registry.ask('GET', `${registry.address}/v2/`)).text, '{}');
});
