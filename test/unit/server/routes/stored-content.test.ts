import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import {
  artifact,
  DOCKER_LIST,
  DOCKER_MANIFEST,
  descriptorOf,
  OCI_INDEX,
  push,
  referrersOf,
} from '../../../helpers/content/artifacts.ts';
import { REFUSED, REFUSED_HERE } from '../../../helpers/content/manifest-table.ts';
import {
  digestOf,
  expectStatus,
  OCI_MANIFEST,
  type Registry,
  withRegistry,
} from '../../../helpers/http/with-registry.ts';

/** Stores a manifest as another registry would, bypassing this one. */
async function store(registry: Registry, tag: string, bytes: Uint8Array | string): Promise<string> {
  const digest = digestOf(bytes);
  const [, hex = ''] = digest.split(':');
  const manifests = 'repositories/app/_manifests';
  for (const [path, content] of [
    [`blobs/sha256/${hex.slice(0, 2)}/${hex}/data`, bytes],
    [`${manifests}/revisions/sha256/${hex}/link`, digest],
    [`${manifests}/tags/${tag}/index/sha256/${hex}/link`, digest],
    [`${manifests}/tags/${tag}/current/link`, digest],
  ] as const) {
    const file = join(registry.root, 'docker/registry/v2', path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
  return digest;
}

async function assertServed(t: ExecutionContext, registry: Registry, tag: string, bytes: Buffer, type: string) {
  for (const reference of [tag, digestOf(bytes)]) {
    const get = await registry.ask('GET', `/v2/app/manifests/${reference}`);
    t.is(get.status, 200, get.text.slice(0, 500));
    t.is(get.headers['content-type'], type);
    t.is(get.headers['docker-content-digest'], digestOf(bytes));
    t.true(get.body.equals(bytes));
    const head = await registry.ask('HEAD', `/v2/app/manifests/${reference}`);
    t.is(head.status, 200);
    t.is(head.headers['content-type'], type);
    t.is(head.headers['content-length'], String(bytes.length));
  }
}

const SCHEMA_1 = { schemaVersion: 1, name: 'app', tag: 'v1', architecture: 'amd64', fsLayers: [], history: [] };
const ARTIFACT_MANIFEST = 'application/vnd.oci.artifact.manifest.v1+json';

const stored: Readonly<Record<string, readonly [string, unknown]>> = {
  'schema 1, as distribution 2 keeps it': ['application/vnd.docker.distribution.manifest.v1+json', SCHEMA_1],
  'signed schema 1': [
    'application/vnd.docker.distribution.manifest.v1+prettyjws',
    { ...SCHEMA_1, signatures: [{ protected: 'x', signature: 'y' }] },
  ],
  'an artifact manifest': [ARTIFACT_MANIFEST, { mediaType: ARTIFACT_MANIFEST, blobs: [] }],
  'a type that nobody knows': ['application/x', { schemaVersion: 7, mediaType: 'application/x' }],
  'a type that a browser would show': ['application/json', { schemaVersion: 3, mediaType: 'text/html' }],
  'a type that no header can carry': [
    OCI_MANIFEST,
    { schemaVersion: 2, mediaType: 'application/x\r\nA: b', config: {} },
  ],
  'fields in another case': [DOCKER_MANIFEST, { SchemaVersion: 2, MediaType: DOCKER_MANIFEST }],
  'an image and an index at once': [OCI_INDEX, { schemaVersion: 2, mediaType: OCI_INDEX, config: {}, manifests: [] }],
  'an empty object': ['application/json', {}],
  'a list': ['application/octet-stream', []],
  'no JSON': ['application/octet-stream', Buffer.of(0xff, 0x00, 0xfe)],
  'brackets alone': ['application/octet-stream', Buffer.alloc(2_000_000, '[')],
  'two million values': [OCI_MANIFEST, Buffer.from(`{"schemaVersion":2,"x":[${'0,'.repeat(1_999_999)}0]}`)],
};

for (const [what, [type, document]] of Object.entries(stored)) {
  test(`${what} in the storage is served as it is, listed and deleted`, async (t) => {
    const registry = await withRegistry(t, { storage: { filesystem: {} } });
    const bytes = Buffer.isBuffer(document) ? document : Buffer.from(JSON.stringify(document));
    const digest = await store(registry, 'v1', bytes);
    await assertServed(t, registry, 'v1', bytes, type);
    t.is((await registry.ask('GET', '/v2/app/tags/list')).text, '{"name":"app","tags":["v1"]}');
    t.is((await registry.ask('GET', '/v2/_catalog')).text, '{"repositories":["app"]}');
    t.is((await registry.ask('GET', `/v2/app/referrers/${digest}`)).status, 200);
    t.is((await registry.ask('DELETE', `/v2/app/manifests/${digest}`)).status, 202);
    for (const reference of ['v1', digest]) {
      t.is((await registry.ask('GET', `/v2/app/manifests/${reference}`)).status, 404);
    }
  });
}

test('a stored manifest that a push would refuse is served, and can be deleted by tag', async (t) => {
  const registry = await withRegistry(t, { storage: { filesystem: {} } });
  const documents = Object.values(Object.assign({}, REFUSED, ...Object.values(REFUSED_HERE)) as typeof REFUSED);
  for (const [index, { body }] of documents.entries()) {
    await store(registry, `v${index}`, body);
    const get = await registry.ask('GET', `/v2/app/manifests/v${index}`);
    t.is(get.status, 200, body.toString().slice(0, 300));
    t.true(get.body.equals(body));
    t.is((await registry.ask('DELETE', `/v2/app/manifests/v${index}`)).status, 202);
  }
});

test('a client that takes no lists gets the image of a stored list that a push would refuse', async (t) => {
  const registry = await withRegistry(t, { storage: { filesystem: {} } });
  const image = { ...artifact({ mediaType: DOCKER_MANIFEST }), type: DOCKER_MANIFEST };
  await push(registry, 'app', image);
  const child = { ...descriptorOf(image), size: 1.5, platform: { os: 'linux', architecture: 'amd64', variant: 8 } };
  const list = {
    schemaVersion: 2,
    mediaType: DOCKER_LIST,
    layers: [],
    manifests: [null, {}, 1, { digest: 'x' }, child],
  };
  await store(registry, 'list', JSON.stringify(list));
  const headers = { Accept: DOCKER_MANIFEST };
  const get = expectStatus(await registry.ask('GET', '/v2/app/manifests/list', { headers }), 200);
  t.is(get.headers['docker-content-digest'], image.digest);
});

test('referrers in an index of broken entries, and those stored in odd forms, are listed', async (t) => {
  const registry = await withRegistry(t, { storage: { filesystem: {} } });
  const subject = descriptorOf(artifact({ annotations: { is: 'the subject' } }));
  const odd = JSON.stringify({
    mediaType: ARTIFACT_MANIFEST,
    artifactType: 'text/plain; charset=utf-8',
    blobs: null,
    annotations: { a: 'b', c: null },
    subject: { digest: subject.digest, size: -1 },
  });
  const digest = await store(registry, 'odd', odd);
  const gone = { ...subject, digest: digestOf('gone') };
  const index = { schemaVersion: 2, config: 7, manifests: [null, 'x', {}, gone, { digest: 'foo' }, { digest }] };
  await store(registry, subject.digest.replace(':', '-'), JSON.stringify(index));
  const { manifests } = await referrersOf(registry, 'app', subject.digest);
  t.deepEqual(manifests, [
    {
      mediaType: ARTIFACT_MANIFEST,
      digest,
      size: odd.length,
      artifactType: 'text/plain; charset=utf-8',
      annotations: { a: 'b' },
    },
  ]);
});

test('a fallback index, or a referrer, that is damaged does not spoil the list of the others', async (t) => {
  const registry = await withRegistry(t, { storage: { filesystem: {} } });
  const subject = descriptorOf(artifact({ annotations: { is: 'the subject' } }));
  const good = artifact({ subject });
  await push(registry, 'app', good);
  const damaged = await store(registry, 'damaged', JSON.stringify({ schemaVersion: 2, subject, x: 1 }));
  const index = JSON.stringify({ schemaVersion: 2, manifests: [{ digest: damaged }] });
  const digest = await store(registry, subject.digest.replace(':', '-'), index);
  const zeroed = async (of: string): Promise<void> => {
    const hex = of.slice('sha256:'.length);
    await writeFile(
      join(registry.root, `docker/registry/v2/blobs/sha256/${hex.slice(0, 2)}/${hex}/data`),
      Buffer.alloc(9),
    );
  };
  await zeroed(damaged);
  t.deepEqual((await referrersOf(registry, 'app', subject.digest)).digests, [good.digest]);
  await zeroed(digest);
  t.deepEqual((await referrersOf(registry, 'app', subject.digest)).digests, [good.digest]);
  t.is((await registry.ask('DELETE', `/v2/app/manifests/${damaged}`)).status, 202);
});
