import test from 'ava';
import type { RouteName } from '../../../../core/api/route-descriptors.ts';
import {
  compileRoutePattern,
  matchRoute,
  type RouteMatch,
  type RouteParameters,
} from '../../../../core/api/route-pattern.ts';

const SHA256 = `sha256:${'0123456789abcdef'.repeat(4)}`;
const UUID = 'D95306FA-FAD3-4E36-8D41-CF1C93EF8286';

const MATCHES: [string, RouteName, Record<string, string>][] = [
  ['/v2/', 'base', {}],
  ['/v2', 'base', {}],
  ['/v2/_catalog', 'catalog', {}],
  ['/v2/foo/tags/list', 'tags', { name: 'foo' }],
  ['/v2/foo/bar/tags/list', 'tags', { name: 'foo/bar' }],
  ['/v2/foo/manifests/bar', 'manifest', { name: 'foo', reference: 'bar' }],
  ['/v2/foo/bar/manifests/tag', 'manifest', { name: 'foo/bar', reference: 'tag' }],
  [`/v2/foo/bar/manifests/${SHA256}`, 'manifest', { name: 'foo/bar', reference: SHA256 }],
  [
    '/v2/foo/bar/blobs/tarsum.dev+foo:abcdef0919234',
    'blob',
    { name: 'foo/bar', digest: 'tarsum.dev+foo:abcdef0919234' },
  ],
  [`/v2/foo/bar/blobs/${SHA256}`, 'blob', { name: 'foo/bar', digest: SHA256 }],
  [`/v2/foo/bar/referrers/${SHA256}`, 'referrers', { name: 'foo/bar', digest: SHA256 }],
  ['/v2/foo/bar/blobs/uploads/', 'blob-upload', { name: 'foo/bar' }],
  ['/v2/foo/bar/blobs/uploads', 'blob-upload', { name: 'foo/bar' }],
  ['/v2/foo/bar/blobs/uploads/uuid', 'blob-upload-chunk', { name: 'foo/bar', uuid: 'uuid' }],
  [`/v2/foo/bar/blobs/uploads/${UUID}`, 'blob-upload-chunk', { name: 'foo/bar', uuid: UUID }],
  [
    '/v2/foo/bar/blobs/uploads/RDk1MzA2RkEtRkFE==',
    'blob-upload-chunk',
    { name: 'foo/bar', uuid: 'RDk1MzA2RkEtRkFE==' },
  ],
  // A path is read from its right end.
  ['/v2/foo/bar/manifests/manifests/tags', 'manifest', { name: 'foo/bar/manifests', reference: 'tags' }],
  ['/v2/foo/bar/manifests/tags/list', 'tags', { name: 'foo/bar/manifests' }],
  ['/v2/tags/list/tags/list', 'tags', { name: 'tags/list' }],
  ['/v2/foo/tags/list/manifests/list', 'manifest', { name: 'foo/tags/list', reference: 'list' }],
  ['/v2/a/blobs/uploads/blobs/uploads/', 'blob-upload', { name: 'a/blobs/uploads' }],
  ['/v2/a/blobs/uploads/blobs/uploads/x', 'blob-upload-chunk', { name: 'a/blobs/uploads', uuid: 'x' }],
  ['/v2/a/blobs/uploads/uploads', 'blob-upload-chunk', { name: 'a', uuid: 'uploads' }],
  [`/v2/a/blobs/uploads/blobs/${SHA256}`, 'blob', { name: 'a/blobs/uploads', digest: SHA256 }],
  ['/v2/v2/v2/manifests/v2', 'manifest', { name: 'v2/v2', reference: 'v2' }],
  ['/v2/manifests/manifests/manifests', 'manifest', { name: 'manifests', reference: 'manifests' }],
  // A path is decoded once, as a whole, before it is matched.
  ['/v2/foo%2Fbar/manifests/tag', 'manifest', { name: 'foo/bar', reference: 'tag' }],
  ['/v2/%66oo/tags/list', 'tags', { name: 'foo' }],
  ['/v2%2Ffoo%2ftags%2flist', 'tags', { name: 'foo' }],
  ['/v2/foo/manifests/bar%2Ftags%2Flist', 'tags', { name: 'foo/manifests/bar' }],
  ['/v2/foo%252Fbar/manifests/tag', 'manifest', { name: 'foo%2Fbar', reference: 'tag' }],
  ['/v2/foo%2F%zz/manifests/tag', 'manifest', { name: 'foo%2F%zz', reference: 'tag' }],
  ['/v2/foo/blobs/sha256%3Aab', 'blob', { name: 'foo', digest: 'sha256:ab' }],
  ['/v2/foo/manifests/100%', 'manifest', { name: 'foo', reference: '100%' }],
  ['/v2/foo/manifests/%ff', 'manifest', { name: 'foo', reference: '%ff' }],
  ['/v2/foo/manifests/..a', 'manifest', { name: 'foo', reference: '..a' }],
  // The faults of these names are reported by their parser.
  ['/v2/Foo//Bar/tags/list', 'tags', { name: 'Foo//Bar' }],
  ['/v2/_catalog/tags/list', 'tags', { name: '_catalog' }],
];

for (const [path, name, parameters] of MATCHES) {
  test(`${path} is ${name} with ${JSON.stringify(parameters)} and no more`, (t) => {
    const match = matchRoute(path);
    t.is(match?.route.name, name);
    t.deepEqual({ ...match?.parameters }, parameters);
  });
}

const NO_ROUTES = [
  '',
  '/',
  '/v1/',
  '/v2//',
  '/v22/',
  '/prefix/v2/',
  '/v2/_catalog/',
  '/v2/foo',
  '/v2/foo/tags',
  '/v2/tags/list',
  '/v2/manifests/tag',
  '/v2/blobs/uploads/',
  '/v2//blobs/uploads/',
  '/v2/foo/manifests/',
  '/v2/foo/manifests/a/b',
  '/v2/foo/manifests/a%2Fb',
  '/v2/foo%2F..%2Fbar/manifests/tag',
  '/v2/foo%2f%2E%2e%2fbar/manifests/tag',
  '/v2/foo/%252e%252e/manifests/tag',
  '/v2/foo%0a/manifests/tag',
  '/v2/foo/tags/list%2F',
  '/v2/foo/blobs/',
  '/v2/foo/blobs/uploads/a/b',
  '/v2/foo/blobs/uploads//',
  '/v2/foo/referrers/',
  '/v2/foo/../../manifests/tag',
  '/v2/foo/../bar/manifests/tag',
  '/v2/foo/./manifests/tag',
  '/v2/../v2/foo/manifests/tag',
  '/v2/foo/manifests/..',
  '/v2/foo/manifests/.',
  '/v2/foo/manifests/%2e%2E',
  '/v2/foo/%2e./manifests/tag',
  '/v2/foo/blobs/uploads/../',
];

for (const path of NO_ROUTES) {
  test(`${JSON.stringify(path)} is no route`, (t) => {
    t.is(matchRoute(path), undefined);
  });
}

test('the literal parts of a template stand for themselves', (t) => {
  const pattern = compileRoutePattern('/v2/<name>/_oci.ext/<digest>');
  t.true(pattern.test('/v2/a/_oci.ext/b'));
  t.false(pattern.test('/v2/a/_ociXext/b'));
});

test('a match of one path does not change that of the next', (t) => {
  const first = matchRoute('/v2/a/manifests/b');
  matchRoute('/v2/c/manifests/d');
  t.deepEqual({ ...first?.parameters }, { name: 'a', reference: 'b' });
});

type Handlers = { readonly [Name in RouteName]: (parameters: RouteParameters<Name>) => string };

function dispatch<Name extends RouteName>(handlers: Handlers, { route, parameters }: RouteMatch<Name>): string {
  return handlers[route.name](parameters);
}

test('a handler gets the parameters of its own route, typed', (t) => {
  const handlers: Handlers = {
    base: () => 'base',
    catalog: () => 'catalog',
    tags: ({ name }) => name,
    manifest: ({ name, reference }) => `${name} ${reference}`,
    referrers: ({ name, digest }) => `${name} ${digest}`,
    blob: ({ name, digest }) => `${name} ${digest}`,
    'blob-upload': ({ name }) => name,
    'blob-upload-chunk': ({ name, uuid }) => `${name} ${uuid}`,
    'admin-jobs': () => 'jobs',
    'admin-job-run': ({ job }) => job,
    'admin-job-events': ({ job }) => job,
    'admin-quarantine': () => 'quarantine',
    'admin-quarantined': ({ digest }) => digest,
    'admin-quarantine-release': ({ digest }) => digest,
    'admin-repository': () => 'repository',
    'admin-repository-changes': () => 'changes',
    'admin-repository-change': ({ change }) => change,
    'admin-trash': () => 'trash',
    'admin-trash-swept': () => 'swept',
    'admin-trash-restore': () => 'restore',
    'admin-tag-history': () => 'history',
    'admin-tag-digest': () => 'digest',
    'admin-tag-restore': () => 'restore',
    'admin-uploads': () => 'uploads',
    'admin-upload': ({ uuid }) => uuid,
  };
  const match = matchRoute('/v2/a/b/blobs/uploads/c');
  t.is(match && dispatch(handlers, match), 'a/b c');
});
