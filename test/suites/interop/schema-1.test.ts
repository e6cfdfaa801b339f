import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { SignedText } from '../../../core/manifests/schema-1/signed-text.ts';
import { verify } from '../../../core/manifests/schema-1/verify.ts';
import { DOCKER_MANIFEST, SCHEMA_1_SIGNED_MANIFEST } from '../../../core/model/media-types.ts';
import { makeOld } from '../../helpers/content/old-garbage.ts';
import { signedManifest } from '../../helpers/content/signed-manifests.ts';
import { tempRoot } from '../../helpers/drivers/temp-root.ts';
import { testsOf } from '../clients/client-test.ts';
import { type Client, digestOf } from './client.ts';
import { collectGarbage, serve } from './registries.ts';

const test = testsOf('skopeo and docker-registry', { skopeo: 'skopeo', 'docker-registry': 'docker-registry' });
const SCHEMA_1 = { compatibility: { schema1: { enabled: true } } };

const EMPTY_TAR = Buffer.alloc(1024);
const LAYERS = [gzipSync(Buffer.concat([EMPTY_TAR, EMPTY_TAR])), gzipSync(EMPTY_TAR, { level: 1 })];
const CONFIG = Buffer.from(
  JSON.stringify({
    ...{ architecture: 'amd64', os: 'linux', created: '2016-02-03T04:05:06.7Z', docker_version: '1.10' },
    config: { Cmd: ['/app', '<&>'], Labels: { b: 'ü', a: '1' }, Memory: 1.5, ExposedPorts: { '80/tcp': {} } },
    history: [
      { created: '2016-01-01T00:00:00.12Z', created_by: '/bin/sh -c #(nop) ADD file:1 in / < x' },
      {
        created: '2016-01-02T00:00:00Z',
        created_by: 'ENV a=b && c',
        author: 'ada',
        comment: 'none',
        empty_layer: true,
      },
      { created: '2016-01-03T00:00:00Z', created_by: 'COPY app' },
      { created: '2016-01-04T00:00:00Z', created_by: 'CMD ["/app"]', empty_layer: true },
    ],
    rootfs: { type: 'layers', diff_ids: [digestOf(Buffer.concat([EMPTY_TAR, EMPTY_TAR])), digestOf(EMPTY_TAR)] },
  }),
);

async function pushBlobs(registry: Client, name: string, blobs: readonly Buffer[]): Promise<void> {
  for (const blob of blobs) await registry.finish(await registry.begin(name), digestOf(blob), blob);
}

/** Pushes an image as docker 1.10 and later do. */
async function pushImage(registry: Client, name: string): Promise<void> {
  await pushBlobs(registry, name, [CONFIG, ...LAYERS]);
  const part = (mediaType: string, bytes: Buffer) => ({ mediaType, size: bytes.length, digest: digestOf(bytes) });
  const manifest = {
    ...{ schemaVersion: 2, mediaType: DOCKER_MANIFEST },
    config: part('application/vnd.docker.container.image.v1+json', CONFIG),
    layers: LAYERS.map((layer) => part('application/vnd.docker.image.rootfs.diff.tar.gzip', layer)),
  };
  await registry.ask('PUT', `/v2/${name}/manifests/v1`, 201, Buffer.from(JSON.stringify(manifest)), DOCKER_MANIFEST);
}

/** The signed manifest that an old client gets. */
async function getSigned(registry: Client, name: string, reference = 'v1'): Promise<SignedText> {
  const answer = await fetch(`${registry.url}/v2/${name}/manifests/${reference}`, {
    headers: { accept: SCHEMA_1_SIGNED_MANIFEST },
  });
  if (answer.status !== 200) throw new Error(`${answer.status}: ${await answer.text()}`);
  const text = SignedText.parse(Buffer.from(await answer.arrayBuffer()));
  verify(text);
  if (answer.headers.get('docker-content-digest') !== digestOf(text.payload)) throw new Error('the digest is wrong');
  return text;
}

async function skopeo(...args: string[]): Promise<void> {
  await promisify(execFile)('skopeo', ['--insecure-policy', 'copy', ...args]);
}

const PLAIN = ['--src-tls-verify=false', '--dest-tls-verify=false'];

test('skopeo copies an image into Stowage as schema 1, and back', async (t) => {
  const root = join(await tempRoot(t), 'root');
  const stowage = await serve(t, 'stowage', root, SCHEMA_1);
  await pushImage(stowage, 'new');
  const at = (name: string): string => `docker://${new URL(stowage.url).host}/${name}:v1`;
  await skopeo(...PLAIN, '--format', 'v2s1', at('new'), at('old'));
  const { payload } = await getSigned(stowage, 'old');
  t.like(JSON.parse(payload.toString()), { schemaVersion: 1, name: 'old', tag: 'v1' });
  await skopeo('--src-tls-verify=false', at('old'), `dir:${join(root, '../out')}`);
  await skopeo(...PLAIN, at('old'), at('again'));
  t.like(JSON.parse((await getSigned(stowage, 'again')).payload.toString()), { name: 'again' });
  await skopeo(...PLAIN, '--format', 'v2s2', at('old'), at('newer'));
  const back = (await stowage.json('/v2/newer/manifests/v1')) as { layers: { digest: string }[] };
  t.true(LAYERS.every((layer) => back.layers.some(({ digest }) => digest === digestOf(layer))));
});

test('each registry serves the signed manifests that the other wrote, with the same digest', async (t) => {
  const root = join(await tempRoot(t), 'root');
  const registries = {
    stowage: await serve(t, 'stowage', root, SCHEMA_1),
    debian: await serve(t, 'docker-registry', root, SCHEMA_1),
  };
  for (const [writer, registry] of Object.entries(registries)) {
    const name = `by-${writer}`;
    await pushBlobs(registry, name, LAYERS);
    const signed = signedManifest({ name, tag: 'v1', layers: LAYERS.map((layer) => digestOf(layer)) });
    await registry.ask('PUT', `/v2/${name}/manifests/v1`, 201, signed.toBytes(), SCHEMA_1_SIGNED_MANIFEST);
    for (const reader of Object.values(registries)) {
      for (const reference of ['v1', digestOf(signed.payload)]) {
        t.deepEqual((await getSigned(reader, name, reference)).payload, signed.payload);
      }
    }
  }
  const [signature] = (await getSigned(registries.stowage, 'by-stowage')).signatures;
  const [again] = (await getSigned(registries.stowage, 'by-stowage')).signatures;
  t.is(signature?.keyId, again?.keyId);
});

test('a signed manifest that docker-registry deletes leaves nothing after a collection by Stowage', async (t) => {
  const root = join(await tempRoot(t), 'root');
  const stowage = await serve(t, 'stowage', root, SCHEMA_1);
  const debian = await serve(t, 'docker-registry', root, SCHEMA_1);
  await pushBlobs(stowage, 'old', LAYERS);
  const signed = signedManifest({ name: 'old', tag: 'v1', layers: LAYERS.map((layer) => digestOf(layer)) });
  await stowage.ask('PUT', '/v2/old/manifests/v1', 201, signed.toBytes(), SCHEMA_1_SIGNED_MANIFEST);
  await debian.ask('DELETE', `/v2/old/manifests/${digestOf(signed.payload)}`, 202);
  const signatures = async (): Promise<string[]> =>
    (await readdir(root, { recursive: true })).filter((path) => /\/signatures\/sha256\/\w+\/link$/.test(path));
  t.is((await signatures()).length, 1);
  await makeOld(root);
  await collectGarbage(t, root, { by: 'stowage', untagged: false });
  t.deepEqual(await signatures(), []);
  for (const registry of [stowage, debian]) t.deepEqual(await registry.json('/v2/_catalog'), { repositories: [] });
});

test('both convert an image of schema 2 into the same manifest', async (t) => {
  const root = join(await tempRoot(t), 'root');
  const stowage = await serve(t, 'stowage', root, SCHEMA_1);
  const debian = await serve(t, 'docker-registry', root, SCHEMA_1);
  await pushImage(stowage, 'team/app');
  const ours = await getSigned(stowage, 'team/app');
  const theirs = await getSigned(debian, 'team/app');
  t.is(ours.payload.toString(), theirs.payload.toString());
  const { fsLayers } = JSON.parse(ours.payload.toString()) as { fsLayers: { blobSum: string }[] };
  for (const { blobSum } of fsLayers) await stowage.ask('GET', `/v2/team/app/blobs/${blobSum}`, 200);
});
