import type { IncomingHttpHeaders } from 'node:http';
import test from 'ava';
import { CHECKS } from '../../../verify/checks/index.ts';
import { FaultProxy } from '../../helpers/client/fault-proxy.ts';
import { withRegistry } from '../../helpers/http/with-registry.ts';
import { verification } from '../../helpers/verify/verification.ts';

/** One thing that a proxy changes in the answers of a registry that is right otherwise. */
interface Mutation {
  /** The check that must fail, and not only be blocked. */
  readonly check: string;
  readonly method: string;
  readonly url: RegExp;
  /** Statuses by those that they replace. */
  readonly status?: Readonly<Record<number, number>>;
  /** Headers by their names; `undefined` drops one. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: (body: string) => string;
}

const MANIFEST_BY_DIGEST = /\/manifests\/sha256:/;
const MANIFEST_BY_TAG = /\/manifests\/(?!sha256:)/;
const MANIFEST = /\/manifests\//;
const BLOB = /\/blobs\/sha256:/;
const UPLOADS = /\/blobs\/uploads\/$/;
const UPLOAD = /\/blobs\/uploads\/[^?]/;
const TAGS = /\/tags\/list/;
const OTHER_DIGEST = `sha256:${'0'.repeat(64)}`;

/** Of a body of JSON, with other members. */
function json(change: (value: Record<string, unknown>) => Record<string, unknown>): (body: string) => string {
  return (body) => JSON.stringify(change(JSON.parse(body) as Record<string, unknown>));
}

const pull: readonly Mutation[] = [
  { check: 'ping', method: 'GET', url: /^\/v2\/$/, status: { 200: 404 } },
  { check: 'manifest-by-digest', method: 'GET', url: MANIFEST_BY_DIGEST, body: (text) => text.replace('{', ' {') },
  {
    check: 'manifest-by-tag',
    method: 'GET',
    url: MANIFEST_BY_TAG,
    body: (text) => text.replace('"config"', '"Config"'),
  },
  { check: 'manifest-without-accept', method: 'GET', url: MANIFEST_BY_DIGEST, status: { 200: 406 } },
  { check: 'manifest-content-type', method: 'GET', url: MANIFEST, headers: { 'content-type': 'application/json' } },
  {
    check: 'manifest-content-type-without-parameters',
    ...{ method: 'GET', url: MANIFEST },
    headers: { 'content-type': 'application/vnd.oci.image.manifest.v1+json; charset=utf-8' },
  },
  { check: 'manifest-digest-header', method: 'GET', url: MANIFEST, headers: { 'docker-content-digest': undefined } },
  { check: 'manifest-digest-header', method: 'GET', url: MANIFEST, headers: { 'docker-content-digest': OTHER_DIGEST } },
  { check: 'manifest-head', method: 'HEAD', url: MANIFEST, status: { 200: 405 } },
  { check: 'manifest-head-length', method: 'HEAD', url: MANIFEST, headers: { 'content-length': undefined } },
  { check: 'manifest-head-length', method: 'HEAD', url: MANIFEST, headers: { 'content-length': '7' } },
  { check: 'manifest-head-digest', method: 'HEAD', url: MANIFEST, headers: { 'docker-content-digest': undefined } },
  { check: 'manifest-head-like-get', method: 'HEAD', url: MANIFEST, headers: { 'content-type': 'text/plain' } },
  { check: 'manifest-unknown-digest', method: 'GET', url: MANIFEST_BY_DIGEST, status: { 404: 500 } },
  { check: 'manifest-unknown-tag', method: 'HEAD', url: MANIFEST_BY_TAG, status: { 404: 200 } },
  { check: 'manifest-impossible-tag', method: 'GET', url: MANIFEST_BY_TAG, status: { 404: 400 } },
  { check: 'unknown-repository', method: 'GET', url: MANIFEST_BY_TAG, status: { 404: 403 } },
  {
    check: 'index',
    method: 'GET',
    url: MANIFEST,
    headers: { 'content-type': 'application/vnd.oci.image.manifest.v1+json' },
  },
  { check: 'blob', method: 'GET', url: BLOB, body: (text) => text.replace(/.$/s, '\0') },
  { check: 'blob-digest-header', method: 'GET', url: BLOB, headers: { 'docker-content-digest': OTHER_DIGEST } },
  { check: 'blob-length', method: 'GET', url: BLOB, headers: { 'content-length': undefined } },
  { check: 'blob-not-encoded', method: 'GET', url: BLOB, headers: { 'content-encoding': 'gzip' } },
  { check: 'blob-head', method: 'HEAD', url: BLOB, status: { 200: 204 } },
  { check: 'blob-head-length', method: 'HEAD', url: BLOB, headers: { 'content-length': '1' } },
  { check: 'blob-head-digest', method: 'HEAD', url: BLOB, headers: { 'docker-content-digest': undefined } },
  { check: 'blob-unknown', method: 'GET', url: BLOB, status: { 404: 400 } },
  { check: 'blob-of-another-repository', method: 'HEAD', url: BLOB, status: { 404: 200 } },
];

const push: readonly Mutation[] = [
  { check: 'upload-begins', method: 'POST', url: UPLOADS, status: { 202: 201 } },
  { check: 'upload-location', method: 'POST', url: UPLOADS, headers: { location: undefined } },
  { check: 'upload-uuid', method: 'POST', url: UPLOADS, headers: { location: '/v2/uploads/1' } },
  { check: 'tag-parameters', method: 'PUT', url: MANIFEST, status: { 201: 202 } },
  { check: 'tag-parameters-listed', method: 'PUT', url: MANIFEST, headers: { 'oci-tag': 'a' } },
  { check: 'put-created', method: 'PUT', url: UPLOAD, status: { 201: 200 } },
  { check: 'put-returns-location', method: 'PUT', url: UPLOAD, headers: { location: '/v2/nowhere' } },
  { check: 'put-digest-header', method: 'PUT', url: UPLOAD, headers: { 'docker-content-digest': undefined } },
  { check: 'wrong-digest-refused', method: 'PUT', url: UPLOAD, status: { 400: 500 } },
  { check: 'malformed-digest-refused', method: 'PUT', url: UPLOAD, status: { 400: 404 } },
  { check: 'chunk-accepted', method: 'PATCH', url: UPLOAD, status: { 202: 204 } },
  { check: 'chunk-range', method: 'PATCH', url: UPLOAD, headers: { range: 'bytes=0-1023' } },
  { check: 'chunk-ahead-refused', method: 'PATCH', url: UPLOAD, status: { 416: 400 } },
  { check: 'chunk-again-refused', method: 'PATCH', url: UPLOAD, status: { 416: 202 } },
  { check: 'put-ahead-refused', method: 'PUT', url: UPLOAD, status: { 416: 400 } },
  { check: 'upload-status', method: 'GET', url: UPLOAD, status: { 204: 200 } },
  { check: 'upload-status-location', method: 'GET', url: UPLOAD, headers: { location: undefined } },
  { check: 'upload-unknown', method: 'GET', url: UPLOAD, status: { 404: 204 } },
  { check: 'upload-cancelled', method: 'DELETE', url: UPLOAD, status: { 204: 405 } },
  { check: 'mount-unknown-blob', method: 'POST', url: /mount=/, status: { 202: 404 } },
  { check: 'manifest-created', method: 'PUT', url: MANIFEST, status: { 201: 200 } },
  { check: 'manifest-location', method: 'PUT', url: MANIFEST, headers: { location: undefined } },
  { check: 'manifest-digest-header', method: 'PUT', url: MANIFEST, headers: { 'docker-content-digest': OTHER_DIGEST } },
  { check: 'manifest-wrong-digest', method: 'PUT', url: MANIFEST, status: { 400: 201 } },
  { check: 'manifest-malformed', method: 'PUT', url: MANIFEST, status: { 400: 500 } },
  {
    check: 'manifest-missing-blobs-named',
    method: 'PUT',
    url: MANIFEST,
    body: (text) => text.replaceAll('BLOB_UNKNOWN', 'INVALID'),
  },
  { check: 'manifest-subject-header', method: 'PUT', url: MANIFEST, headers: { 'oci-subject': undefined } },
];

const ranges: readonly Mutation[] = [
  { check: 'supported', method: 'GET', url: BLOB, status: { 206: 200 } },
  { check: 'from-to', method: 'GET', url: BLOB, headers: { 'content-range': 'bytes 501-1500/2048' } },
  { check: 'suffix', method: 'GET', url: BLOB, headers: { 'content-range': undefined } },
  { check: 'open-end', method: 'GET', url: BLOB, body: (text) => text.slice(0, -1) },
  { check: 'start-past-blob', method: 'GET', url: BLOB, status: { 416: 400 } },
  { check: 'size-of-416', method: 'GET', url: BLOB, headers: { 'content-range': undefined } },
  { check: 'advertised', method: 'HEAD', url: BLOB, headers: { 'accept-ranges': undefined } },
  { check: 'unchanged-manifest', method: 'GET', url: MANIFEST, status: { 304: 200 } },
];

const errors: readonly Mutation[] = [
  { check: 'json-has-errors', method: 'GET', url: MANIFEST, body: () => '{"error":"not found"}' },
  { check: 'are-json', method: 'GET', url: BLOB, headers: { 'content-type': 'text/html' } },
  {
    check: 'codes-of-the-list',
    method: 'GET',
    url: TAGS,
    body: (text) => text.replace('NAME_UNKNOWN', 'NO_SUCH_NAME'),
  },
  {
    check: 'message-is-text',
    method: 'GET',
    url: TAGS,
    body: (text) => text.replace(/"message":"[^"]*"/, '"message":7'),
  },
  { check: 'manifest-unknown', method: 'GET', url: MANIFEST, body: (text) => text.replace('MANIFEST', 'BLOB') },
  { check: 'blob-unknown', method: 'GET', url: BLOB, body: (text) => text.replace('BLOB', 'MANIFEST') },
  { check: 'malformed-digest', method: 'GET', url: MANIFEST, status: { 400: 500, 404: 500 } },
  { check: 'wrong-method', method: 'POST', url: TAGS, status: { 405: 404 } },
  { check: 'wrong-method-allow', method: 'POST', url: TAGS, headers: { allow: undefined } },
];

const discovery: readonly Mutation[] = [
  {
    check: 'tags',
    method: 'GET',
    url: TAGS,
    body: json(({ name, tags }) => ({ name, tags: (tags as string[]).slice(1) })),
  },
  { check: 'name', method: 'GET', url: TAGS, body: json(({ tags }) => ({ name: 'other', tags })) },
  { check: 'json', method: 'GET', url: TAGS, headers: { 'content-type': 'text/plain' } },
  {
    check: 'order',
    method: 'GET',
    url: TAGS,
    body: json(({ name, tags }) => ({ name, tags: (tags as string[]).reverse() })),
  },
  { check: 'n', method: 'GET', url: TAGS, body: json(({ name }) => ({ name, tags: ['a', 'b', 'c'] })) },
  { check: 'n-zero', method: 'GET', url: TAGS, headers: { link: '</v2/x/tags/list?last=a>; rel="next"' } },
  {
    check: 'last',
    method: 'GET',
    url: TAGS,
    body: json(({ name, tags }) => ({ name, tags: ['b', ...(tags as string[])] })),
  },
  { check: 'link-form', method: 'GET', url: TAGS, headers: { link: '/v2/x/tags/list?last=b; rel="next"' } },
  { check: 'link-same-host', method: 'GET', url: TAGS, headers: { link: '<http://elsewhere/v2/x>; rel="next"' } },
  { check: 'more-is-linked', method: 'GET', url: TAGS, headers: { link: undefined } },
  { check: 'unknown-repository', method: 'GET', url: TAGS, status: { 404: 200 } },
  { check: 'no-tags', method: 'GET', url: TAGS, status: { 404: 200 }, body: () => '{"name":"x","tags":null}' },
];

const MUTATIONS = Object.entries({ pull, push, ranges, errors, discovery }).flatMap(([group, mutations]) =>
  mutations.map((mutation) => ({ ...mutation, id: `${group}/${mutation.check}` })),
);

function changed(headers: IncomingHttpHeaders, { headers: others = {}, body }: Mutation): IncomingHttpHeaders {
  // A body that is changed can have another length.
  return { ...headers, ...others, ...(body !== undefined && { 'content-length': undefined }) };
}

function describe({ id, method, url, status, headers, body }: (typeof MUTATIONS)[number]): string {
  const what = JSON.stringify({ status, headers: headers && Object.entries(headers), body: body && String(body) });
  return `${id} fails when ${method} ${url.source} is changed: ${what}`;
}

for (const mutation of MUTATIONS) {
  // All at once would reach the limits of time.
  test.serial(describe(mutation), async (t) => {
    const checks = CHECKS.filter(({ id }) => id === mutation.id);
    t.is(checks.length, 1);
    const proxy = await FaultProxy.start(t, (await withRegistry(t)).address);
    const { body, status = {} } = mutation;
    proxy.inject({
      on: (method, url) => method === mutation.method && mutation.url.test(url),
      headers: (headers) => changed(headers, mutation),
      status: (given) => status[given] ?? given,
      ...(body !== undefined && { body: (bytes: Buffer) => Buffer.from(body(bytes.toString('latin1')), 'latin1') }),
    });
    const { results } = await verification(t, proxy, { checks });
    t.is(results[0]?.outcome, 'failed', results[0]?.reason);
  });
}

test('there are mutations of every group of the specification', (t) => {
  t.true(MUTATIONS.length >= 40, `${MUTATIONS.length} mutations`);
});
