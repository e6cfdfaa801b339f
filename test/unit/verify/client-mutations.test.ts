import {
  BLOB,
  json,
  MANIFEST,
  MANIFEST_BY_DIGEST,
  MANIFEST_BY_TAG,
  type Mutation,
  TAGS,
  testMutations,
  UPLOAD,
  UPLOADS,
} from '../../helpers/verify/mutation.ts';

const clients: readonly Mutation[] = [
  { check: 'docker-push', method: 'PUT', url: MANIFEST, headers: { 'docker-content-digest': undefined } },
  { check: 'docker-push', method: 'PATCH', url: UPLOAD, headers: { range: undefined } },
  { check: 'docker-upload-uuid', method: 'POST', url: UPLOADS, headers: { 'docker-upload-uuid': undefined } },
  { check: 'docker-upload-uuid', method: 'POST', url: UPLOADS, headers: { range: undefined } },
  {
    check: 'docker-version-header',
    ...{ method: 'GET', url: /^\/v2\/$/ },
    headers: { 'docker-distribution-api-version': undefined },
  },
  { check: 'containerd-push', method: 'PUT', url: /[?&]ns=/, status: { 201: 400 } },
  { check: 'containerd-pull', method: 'GET', url: MANIFEST_BY_DIGEST, headers: { 'content-encoding': 'gzip' } },
  { check: 'containerd-pull', method: 'HEAD', url: MANIFEST_BY_TAG, headers: { 'docker-content-digest': undefined } },
  { check: 'podman-mount', method: 'POST', url: /from=[^%]*&mount=/, status: { 202: 404 } },
  { check: 'podman-mount', method: 'DELETE', url: UPLOAD, status: { 204: 405 } },
  {
    check: 'cosign-check-push',
    ...{ method: 'POST', url: UPLOADS },
    having: (headers) => headers['content-type'] === 'application/json',
    status: { 202: 415 },
  },
  {
    check: 'location-keeps-host',
    ...{ method: 'POST', url: UPLOADS },
    location: (location) => location.replace('127.0.0.1', 'localhost'),
  },
  { check: 'buildkit-cache', method: 'PUT', url: /\/manifests\/cache-/, status: { 201: 400 } },
  { check: 'buildkit-cache-image', method: 'GET', url: MANIFEST, headers: { 'content-type': 'application/json' } },
  { check: 'buildkit-attestation', method: 'PUT', url: /\/manifests\/attested-/, status: { 201: 400 } },
  {
    check: 'helm-chart',
    ...{ method: 'GET', url: TAGS },
    body: json(({ name, tags }) => ({ name, tags: (tags as string[]).filter((tag) => !tag.includes('_')) })),
  },
  { check: 'oras-retag', method: 'GET', url: MANIFEST_BY_TAG, body: (text) => JSON.stringify(JSON.parse(text)) },
  { check: 'oras-asks-for-referrers', method: 'GET', url: /\/referrers\/sha256:0{64}$/, status: { 200: 500 } },
  { check: 'oras-blob-length', method: 'GET', url: BLOB, headers: { 'content-length': undefined } },
  { check: 'cosign-signature-tag', method: 'GET', url: /\.sig$/, status: { 404: 403 } },
  { check: 'cosign-bundle', method: 'PUT', url: MANIFEST_BY_DIGEST, status: { 201: 400 } },
];

testMutations({ clients });
