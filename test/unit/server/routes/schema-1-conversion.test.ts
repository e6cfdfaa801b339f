import test, { type ExecutionContext } from 'ava';
import { SignedText } from '../../../../core/manifests/schema-1/signed-text.ts';
import { verify } from '../../../../core/manifests/schema-1/verify.ts';
import {
  DOCKER_MANIFEST,
  DOCKER_MANIFEST_LIST,
  OCI_IMAGE_MANIFEST,
  SCHEMA_1_MANIFEST,
  SCHEMA_1_SIGNED_MANIFEST,
} from '../../../../core/model/media-types.ts';
import { assertError } from '../../../helpers/http/assert-error.ts';
import { digestOf, expectStatus, type Registry, withRegistry } from '../../../helpers/http/with-registry.ts';

const EMPTY_LAYER = 'sha256:a3ed95caeb02ffe68cdd9fd84406680ae93d633cb16422d00e8a7c22955b46d4';
const MANIFEST = '/v2/team/app/manifests/v1';

function withSchema1(t: ExecutionContext): Promise<Registry> {
  return withRegistry(t, { others: { compatibility: { schema1: { enabled: true } } } });
}

const CONFIG = {
  architecture: 'arm64',
  os: 'linux',
  config: { Cmd: ['/app'], Labels: { note: 'a < b' } },
  history: [
    { created: '2016-01-01T00:00:00.123456789Z', created_by: 'ADD base' },
    { created: '2016-01-02T00:00:00Z', created_by: 'ENV a=b && c', author: 'ada', comment: 'none', empty_layer: true },
    { created: '2016-01-03T00:00:00Z', created_by: 'COPY app' },
  ],
  rootfs: { type: 'layers', diff_ids: [digestOf('base'), digestOf('app')] },
};

/** Pushes a Docker image under `v1`. */
async function pushDockerImage(registry: Registry, config: object = CONFIG, type: string = DOCKER_MANIFEST) {
  const text = JSON.stringify(config);
  const part = (mediaType: string, body: string) => ({ mediaType, size: body.length, digest: digestOf(body) });
  for (const body of [text, 'base', 'app']) await registry.pushBlob('team/app', body);
  const layerType = 'application/vnd.docker.image.rootfs.diff.tar.gzip';
  const body = JSON.stringify({
    ...{ schemaVersion: 2, mediaType: type },
    config: part('application/vnd.docker.container.image.v1+json', text),
    layers: [part(layerType, 'base'), part(layerType, 'app')],
  });
  expectStatus(await registry.putManifest('team/app', 'v1', { body, type }), 201);
  return { body, digest: digestOf(body), size: body.length, mediaType: type };
}

for (const accept of ['', SCHEMA_1_SIGNED_MANIFEST, `${SCHEMA_1_MANIFEST}, ${OCI_IMAGE_MANIFEST}`]) {
  test(`a Docker image is schema 1 for a client that accepts ${JSON.stringify(accept)}`, async (t) => {
    const registry = await withSchema1(t);
    const { digest } = await pushDockerImage(registry);
    const headers = accept === '' ? {} : { Accept: accept };
    const answer = await registry.ask('GET', MANIFEST, { headers });
    t.is(answer.headers['content-type'], SCHEMA_1_SIGNED_MANIFEST);
    const text = SignedText.parse(answer.body);
    t.is(verify(text).length, 1);
    t.is(answer.headers['docker-content-digest'], digestOf(text.payload));
    const manifest = JSON.parse(text.payload.toString()) as {
      name: string;
      tag: string;
      architecture: string;
      fsLayers: { blobSum: string }[];
      history: { v1Compatibility: string }[];
    };
    t.like(manifest, { schemaVersion: 1, name: 'team/app', tag: 'v1', architecture: 'arm64' });
    t.deepEqual(
      manifest.fsLayers.map(({ blobSum }) => blobSum),
      [digestOf('app'), EMPTY_LAYER, digestOf('base')],
    );
    const [top, middle, base] = manifest.history.map(
      ({ v1Compatibility }) => JSON.parse(v1Compatibility) as Record<string, unknown>,
    );
    t.like(top, { architecture: 'arm64', os: 'linux', config: CONFIG.config, parent: middle?.['id'] });
    t.like(middle, { parent: base?.['id'], author: 'ada', comment: 'none', throwaway: true });
    t.deepEqual(base?.['container_config'], { Cmd: ['ADD base'] });
    t.is((await registry.ask('GET', `/v2/team/app/blobs/${EMPTY_LAYER}`)).body.byteLength, 32);
    t.is(
      (await registry.ask('GET', `/v2/team/app/manifests/${digest}`, { headers })).headers['docker-content-digest'],
      digest,
    );
    const again = await registry.ask('HEAD', MANIFEST, { headers });
    t.is(again.headers['docker-content-digest'], digestOf(text.payload));
  });
}

for (const accept of [DOCKER_MANIFEST, '*/*', `${DOCKER_MANIFEST}, ${SCHEMA_1_SIGNED_MANIFEST}`, OCI_IMAGE_MANIFEST]) {
  test(`a Docker image stays what it is for a client that accepts ${accept}`, async (t) => {
    const registry = await withSchema1(t);
    const { digest } = await pushDockerImage(registry);
    const answer = await registry.ask('GET', MANIFEST, { headers: { Accept: accept } });
    t.is(answer.headers['docker-content-digest'], digest);
    t.is(answer.headers['content-type'], DOCKER_MANIFEST);
  });
}

test('an OCI image is not converted', async (t) => {
  const registry = await withSchema1(t);
  const digest = await registry.pushImage('team/app', 'v1');
  t.is((await registry.ask('GET', MANIFEST)).headers['docker-content-digest'], digest);
});

test('an old client gets the linux/amd64 image of a Docker list as schema 1', async (t) => {
  const registry = await withSchema1(t);
  const { body: _, ...image } = await pushDockerImage(registry);
  const manifests = [{ ...image, platform: { os: 'linux', architecture: 'amd64' } }];
  const list = JSON.stringify({ schemaVersion: 2, mediaType: DOCKER_MANIFEST_LIST, manifests });
  expectStatus(await registry.putManifest('team/app', 'v1', { body: list, type: DOCKER_MANIFEST_LIST }), 201);
  const { payload } = SignedText.parse((await registry.ask('GET', MANIFEST)).body);
  t.like(JSON.parse(payload.toString()), { schemaVersion: 1, tag: 'v1' });
});

for (const [what, change] of Object.entries({
  'without history': { history: undefined },
  'with too many layers in its history': { history: [...CONFIG.history, { created_by: 'more' }] },
  'with too few layers in its history': { history: CONFIG.history.slice(0, 1) },
})) {
  test(`an image ${what} cannot be converted, and the error says why`, async (t) => {
    const registry = await withSchema1(t);
    await pushDockerImage(registry, { ...CONFIG, ...change });
    const [error] = assertError(t, await registry.ask('GET', MANIFEST), 404, 'MANIFEST_UNKNOWN');
    t.regex(JSON.stringify(error?.detail), /cannot be converted to schema 1/);
    t.is((await registry.ask('GET', MANIFEST, { headers: { Accept: '*/*' } })).status, 200);
  });
}
