import {
  BLOB,
  damaged,
  json,
  MANIFEST,
  MANIFEST_BY_DIGEST,
  MANIFEST_BY_TAG,
  type Mutation,
  OTHER_DIGEST,
  TAGS,
  testMutations,
  UPLOAD,
} from '../../helpers/verify/mutation.ts';

const STATUS = { method: 'GET', url: UPLOAD };
const BY_DIGEST = /digest=([^&]*)/;

function tagsOf(change: (tags: readonly string[]) => readonly string[]): (body: string) => string {
  return json(({ name, tags }) => ({ name, tags: change(tags as readonly string[]) }));
}

const resume: readonly Mutation[] = [
  { check: 'status-of-nothing', ...STATUS, status: { 204: 404 } },
  { check: 'status-of-nothing', ...STATUS, headers: { range: '0-9' } },
  { check: 'status-at-old-url', ...STATUS, headers: { range: '0-0' } },
  { check: 'status-on-every-connection', ...STATUS, from: 3, headers: { range: '0-0' } },
  { check: 'wrong-offset-refused', method: 'PATCH', url: UPLOAD, status: { 416: 202 } },
  { check: 'wrong-offset-refused', method: 'PATCH', url: UPLOAD, status: { 416: 500 } },
  { check: 'ended-upload-gone', ...STATUS, status: { 404: 204 } },
  { check: 'after-wrong-digest', method: 'GET', url: BLOB, status: { 200: 404 } },
  { check: 'pull', method: 'GET', url: BLOB, body: damaged },
  { check: 'status-after-cut', ...STATUS, headers: { range: '0-999999' } },
  { check: 'status-after-cut', ...STATUS, headers: { range: undefined } },
  { check: 'chunk-after-cut', ...STATUS, status: { 204: 404 } },
  { check: 'stream-after-cut', ...STATUS, headers: { range: '0-99' } },
  { check: 'nothing-visible-after-cut', method: 'HEAD', url: BLOB, status: { 404: 200 } },
  { check: 'push-again-after-cut', method: 'GET', url: BLOB, body: damaged },
  { check: 'cancelled-after-cut', method: 'DELETE', url: UPLOAD, status: { 204: 405 } },
];

const concurrency: readonly Mutation[] = [
  { check: 'one-blob', method: 'PUT', url: UPLOAD, again: BY_DIGEST, status: { 201: 409 } },
  { check: 'uploads-apart', method: 'GET', url: BLOB, body: damaged },
  { check: 'racing-chunks', ...STATUS, headers: { range: '0-131071' } },
  { check: 'racing-chunks', method: 'PATCH', url: UPLOAD, from: 2, answer: { status: 500 } },
  { check: 'blob-visible-to-all', method: 'HEAD', url: BLOB, from: 5, status: { 200: 404 } },
  { check: 'one-tag', method: 'PUT', url: MANIFEST_BY_TAG, again: /manifests\/(.*)/, status: { 201: 409 } },
  { check: 'one-tag', method: 'HEAD', url: MANIFEST_BY_DIGEST, from: 3, status: { 200: 404 } },
  { check: 'many-tags-at-once', method: 'GET', url: TAGS, body: tagsOf((tags) => tags.slice(1)) },
  {
    check: 'moving-tag-is-whole',
    ...{ method: 'GET', url: MANIFEST_BY_TAG, from: 10 },
    headers: { 'docker-content-digest': OTHER_DIGEST },
  },
  { check: 'tag-visible-to-all', method: 'GET', url: MANIFEST_BY_TAG, from: 7, body: damaged },
  {
    check: 'pages-while-tags-change',
    ...{ method: 'GET', url: TAGS },
    body: tagsOf((tags) => [...tags, ...tags]),
  },
  { check: 'pages-while-tags-change', method: 'GET', url: TAGS, body: tagsOf((tags) => tags.slice(1)) },
  { check: 'pages-while-tags-change', method: 'GET', url: TAGS, from: 2, headers: { link: undefined } },
];

const limits: readonly Mutation[] = [
  { check: 'tag-of-128', method: 'PUT', url: /\/manifests\/[^:]{128}$/, status: { 201: 400 } },
  { check: 'tag-of-129', method: 'PUT', url: /\/manifests\/[^:]{129}$/, status: { 400: 201, 404: 201 } },
  { check: 'tag-of-129', method: 'PUT', url: /\/manifests\/[^:]{129}$/, status: { 400: 500, 404: 500 } },
  { check: 'long-name', method: 'POST', url: /.{200}\/blobs/, status: { 202: 400 } },
  { check: 'deep-name', method: 'POST', url: /\/d13\//, status: { 202: 404 } },
  { check: 'name-too-long', method: 'GET', url: /.{4000}/, status: { 400: 500, 404: 500 } },
  { check: 'escaped-path-refused', method: 'GET', url: /%2f/, status: { 400: 200, 404: 200 } },
  { check: 'long-query', method: 'GET', url: TAGS, status: { 200: 500 } },
  { check: 'page-size-without-sense', method: 'GET', url: TAGS, status: { 400: 500 } },
  { check: 'long-accept', method: 'GET', url: MANIFEST_BY_TAG, status: { 200: 500 } },
  { check: 'manifest-of-4-megabytes', method: 'PUT', url: MANIFEST_BY_DIGEST, status: { 201: 413 } },
  { check: 'manifest-of-4-megabytes', method: 'GET', url: MANIFEST, body: (text) => text.slice(0, 1_000_000) },
  { check: 'manifest-too-large', method: 'PUT', url: MANIFEST_BY_DIGEST, status: { 413: 500 } },
  { check: 'many-layers', method: 'PUT', url: MANIFEST_BY_DIGEST, status: { 201: 400 } },
  { check: 'deep-manifest', method: 'PUT', url: MANIFEST_BY_DIGEST, status: { 201: 500, 400: 500 } },
  { check: 'many-tags', method: 'GET', url: TAGS, body: tagsOf((tags) => tags.slice(0, 100)) },
];

testMutations({ resume, concurrency, limits });
