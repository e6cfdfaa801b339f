import test from 'ava';
import type { RouteName } from '../../../../core/api/route-descriptors.ts';
import { matchRoute } from '../../../../core/api/route-pattern.ts';
import { nextPageUrl, UrlBuilder } from '../../../../core/api/url-builder.ts';
import { digestOf, parseDigest } from '../../../../core/digest/digest.ts';
import { parseReference, parseRepositoryName, parseUploadId } from '../../../../core/model/reference.ts';

const name = parseRepositoryName('foo/bar');
const digest = digestOf(Buffer.from('a layer'));
const uuid = parseUploadId('3f2504e0-4f89-41d3-9a0c-0305e82c3301');

const URLS: [string, (urls: UrlBuilder) => string, RouteName][] = [
  ['/v2/', (urls) => urls.base(), 'base'],
  ['/v2/_catalog', (urls) => urls.catalog(), 'catalog'],
  ['/v2/foo/bar/tags/list', (urls) => urls.tags(name), 'tags'],
  ['/v2/foo/bar/manifests/tag', (urls) => urls.manifest(name, parseReference('tag')), 'manifest'],
  [`/v2/foo/bar/manifests/${digest}`, (urls) => urls.manifest(name, parseReference(digest)), 'manifest'],
  [`/v2/foo/bar/blobs/${digest}`, (urls) => urls.blob(name, digest), 'blob'],
  [`/v2/foo/bar/referrers/${digest}`, (urls) => urls.referrers(name, digest), 'referrers'],
  ['/v2/foo/bar/blobs/uploads/', (urls) => urls.upload(name), 'blob-upload'],
  [`/v2/foo/bar/blobs/uploads/${uuid}`, (urls) => urls.uploadChunk(name, uuid), 'blob-upload-chunk'],
];

const ROOTS = [
  'http://example.com',
  'https://example.com',
  'http://localhost:5000',
  'https://localhost:5443',
  'https://[2001:db8::1]:5000',
  'https://example.com/team/registry',
  '/registry',
  '',
];

for (const root of ROOTS) {
  for (const [path, build, route] of URLS) {
    test(`below ${JSON.stringify(root)} the URL of ${route} is ${root}${path}`, (t) => {
      t.is(build(new UrlBuilder(root)), root + path);
      t.is(build(new UrlBuilder(`${root}/`)), root + path);
    });
  }
}

for (const [path, build, route] of URLS) {
  test(`the path ${path} is matched as ${route} again`, (t) => {
    t.is(matchRoute(build(new UrlBuilder('')))?.route.name, route);
  });
}

test('the values of a query are sorted by name and encoded, without absent ones', (t) => {
  const urls = new UrlBuilder('https://example.com');
  t.is(
    urls.upload(name, { size: 10000, digest: 'tarsum.v1+sha256:ab=/&?#', mount: undefined, a: '' }),
    'https://example.com/v2/foo/bar/blobs/uploads/?a=&digest=tarsum.v1%2Bsha256%3Aab%3D%2F%26%3F%23&size=10000',
  );
  t.is(urls.uploadChunk(name, uuid, { _state: 'a-_=' }), `${urls.uploadChunk(name, uuid)}?_state=a-_%3D`);
  t.is(urls.tags(name, { n: undefined }), 'https://example.com/v2/foo/bar/tags/list');
  t.is(urls.catalog({ n: 5 }), 'https://example.com/v2/_catalog?n=5');
});

test('the colon of a digest stays as it is', (t) => {
  const sha512 = parseDigest(`sha512:${'ab'.repeat(64)}`);
  t.is(new UrlBuilder('').blob(name, sha512), `/v2/foo/bar/blobs/${sha512}`);
});

const NO_ROOTS = [
  'example.com',
  'ftp://example.com',
  'https://',
  'https:///path',
  'https://user:secret@example.com',
  'https://example.com?x=1',
  'https://example.com#x',
  'https://exam ple.com',
  'https://example.com\r\nX: y',
  'https://example.com\n',
  '//example.com',
  '/a//b',
  '/a/../b',
  '/a/%2e%2e',
  '/a b',
];

for (const root of NO_ROOTS) {
  test(`${JSON.stringify(root)} cannot be the root of URLs`, (t) => {
    t.throws(() => new UrlBuilder(root), { instanceOf: TypeError, message: /cannot be the root of URLs/ });
  });
}

for (const root of ROOTS) {
  test(`below ${JSON.stringify(root)} the link to the next page has no host`, (t) => {
    const prefix = root.startsWith('http') ? new URL(root).pathname.replace(/\/$/, '') : root;
    t.is(
      nextPageUrl(new UrlBuilder(root).tags(name), { n: 2, last: 'v1.0' }),
      `${prefix}/v2/foo/bar/tags/list?last=v1.0&n=2`,
    );
  });
}

test('the next page keeps the other parameters of the request', (t) => {
  t.is(
    nextPageUrl('/v2/_catalog', { n: 10, last: 'a/b>; rel="x', artifactType: ['a/b+c', 'd/e'] }),
    '/v2/_catalog?artifactType=a%2Fb%2Bc&artifactType=d%2Fe&last=a%2Fb%3E%3B%20rel%3D%22x&n=10',
  );
});
