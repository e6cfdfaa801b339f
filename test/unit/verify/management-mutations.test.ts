import { EMPTY, IMAGE_INDEX } from '../../../verify/content/manifests.ts';
import {
  BLOB,
  json,
  MANIFEST,
  MANIFEST_BY_DIGEST,
  MANIFEST_BY_TAG,
  type Mutation,
  OTHER_DIGEST,
  REFERRERS,
  testMutations,
  UPLOAD,
} from '../../helpers/verify/mutation.ts';

type Entry = Readonly<Record<string, unknown>>;

const OTHER_ENTRY: Entry = { mediaType: IMAGE_INDEX, digest: OTHER_DIGEST, size: 2, artifactType: 'application/other' };
const LIST = { method: 'GET', url: REFERRERS };
const FORGOTTEN = { answer: { status: 202 } };

/** Of a list of referrers, with other entries. */
function entries(change: (entries: readonly Entry[]) => readonly Entry[]): (body: string) => string {
  return json(({ manifests, ...others }) => ({ ...others, manifests: change(manifests as readonly Entry[]) }));
}

function eachEntry(change: Entry): (body: string) => string {
  return entries((list) => list.map((entry) => ({ ...entry, ...change })));
}

const none = entries(() => []);
const oneMore = entries((list) => [...list, OTHER_ENTRY]);

const referrers: readonly Mutation[] = [
  { check: 'listed', ...LIST, body: none },
  { check: 'listed', ...LIST, body: () => '{"schemaVersion":2,"manifests":null}' },
  { check: 'before-their-subject', ...LIST, body: none },
  { check: 'content-type', ...LIST, headers: { 'content-type': 'application/json' } },
  { check: 'content-type', ...LIST, headers: { 'content-type': `${IMAGE_INDEX}; charset=utf-8` } },
  { check: 'is-an-index', ...LIST, body: json(({ mediaType: _, ...others }) => others) },
  { check: 'is-an-index', ...LIST, body: json((list) => ({ ...list, schemaVersion: 1 })) },
  { check: 'none', ...LIST, body: oneMore },
  { check: 'unknown-repository', ...LIST, body: oneMore },
  { check: 'malformed-digest', ...LIST, status: { 400: 200 } },
  { check: 'malformed-digest', ...LIST, status: { 400: 500 } },
  { check: 'of-this-repository', ...LIST, body: oneMore },
  { check: 'once', ...LIST, body: entries((list) => [...list, ...list]) },
  { check: 'all-pages', ...LIST, body: entries((list) => list.slice(0, 10)) },
  { check: 'visible-at-once', ...LIST, body: none },
  { check: 'deleted', method: 'DELETE', url: MANIFEST_BY_DIGEST, ...FORGOTTEN },
  { check: 'descriptor', ...LIST, body: eachEntry({ size: 7 }) },
  { check: 'descriptor', ...LIST, body: eachEntry({ mediaType: IMAGE_INDEX }) },
  { check: 'artifact-type', ...LIST, body: eachEntry({ artifactType: undefined }) },
  { check: 'artifact-type-of-config', ...LIST, body: eachEntry({ artifactType: undefined }) },
  { check: 'annotations', ...LIST, body: eachEntry({ annotations: undefined }) },
  { check: 'index', ...LIST, body: none },
  { check: 'index-without-artifact-type', ...LIST, body: eachEntry({ artifactType: '' }) },
  { check: 'empty-config-is-no-type', ...LIST, body: eachEntry({ artifactType: EMPTY }) },
  { check: 'filter', ...LIST, body: oneMore },
  { check: 'filter-keeps-what-fits', ...LIST, body: none },
  { check: 'filters-applied', ...LIST, headers: { 'oci-filters-applied': undefined } },
  { check: 'filters-applied', ...LIST, body: oneMore },
  { check: 'filter-of-none', ...LIST, headers: { 'oci-filters-applied': undefined } },
  { check: 'filter-of-none', ...LIST, body: oneMore },
  { check: 'no-filter-no-header', ...LIST, headers: { 'oci-filters-applied': 'artifactType' } },
  { check: 'fallback-tag', method: 'GET', url: MANIFEST_BY_TAG, status: { 200: 404 } },
  {
    check: 'fallback-tag',
    method: 'PUT',
    url: /\/manifests\/sha256-/,
    again: /manifests\/(.*)/,
    ...{ answer: { status: 201 } },
  },
  { check: 'fallback-tag-unknown', method: 'GET', url: MANIFEST_BY_TAG, status: { 404: 400 } },
  { check: 'subject-header-of-index', method: 'PUT', url: MANIFEST, headers: { 'oci-subject': undefined } },
  { check: 'subject-header-of-index', method: 'PUT', url: MANIFEST, headers: { 'oci-subject': OTHER_DIGEST } },
];

const deletions: readonly Mutation[] = [
  { check: 'tag', method: 'DELETE', url: MANIFEST_BY_TAG, status: { 202: 200 } },
  { check: 'tag', method: 'DELETE', url: MANIFEST_BY_TAG, status: { 202: 500 } },
  { check: 'tag-gone', method: 'DELETE', url: MANIFEST_BY_TAG, ...FORGOTTEN },
  { check: 'tag-gone', method: 'HEAD', url: MANIFEST_BY_TAG, status: { 404: 200 } },
  { check: 'tag-leaves-manifest', method: 'GET', url: MANIFEST_BY_DIGEST, status: { 200: 404 } },
  { check: 'tag-leaves-other-tags', method: 'GET', url: MANIFEST_BY_TAG, status: { 200: 404 } },
  { check: 'manifest', method: 'DELETE', url: MANIFEST_BY_DIGEST, status: { 202: 204 } },
  { check: 'manifest-gone', method: 'DELETE', url: MANIFEST_BY_DIGEST, ...FORGOTTEN },
  { check: 'manifest-takes-its-tags', method: 'GET', url: MANIFEST_BY_TAG, status: { 404: 200 } },
  { check: 'manifest-leaves-shared-blobs', method: 'HEAD', url: BLOB, status: { 200: 404 } },
  { check: 'manifest-can-come-back', method: 'GET', url: MANIFEST, status: { 200: 404 } },
  { check: 'unknown-manifest', method: 'DELETE', url: MANIFEST_BY_DIGEST, status: { 404: 202 } },
  { check: 'unknown-tag', method: 'DELETE', url: MANIFEST_BY_TAG, status: { 404: 202 } },
  { check: 'unknown-repository', method: 'DELETE', url: MANIFEST_BY_DIGEST, status: { 404: 500 } },
  { check: 'blob', method: 'DELETE', url: BLOB, status: { 202: 200 } },
  { check: 'blob-gone', method: 'DELETE', url: BLOB, ...FORGOTTEN },
  { check: 'blob-of-one-repository', method: 'GET', url: BLOB, status: { 200: 404 } },
  { check: 'blob-can-come-back', method: 'GET', url: BLOB, status: { 200: 404 } },
  { check: 'blob-can-come-back', method: 'PUT', url: UPLOAD, again: /digest=([^&]*)/, ...{ answer: { status: 201 } } },
  { check: 'unknown-blob', method: 'DELETE', url: BLOB, status: { 404: 202 } },
  {
    check: 'refusal-says-unsupported',
    ...{ method: 'DELETE', url: MANIFEST },
    answer: { status: 405, body: '{"errors":[{"code":"DENIED"}]}' },
  },
];

testMutations({ referrers, delete: deletions });
