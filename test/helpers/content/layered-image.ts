import { gzipSync } from 'node:zlib';
import { packTar } from 'modern-tar';
import { digestOf, expectStatus, OCI_MANIFEST, type Registry } from '../http/with-registry.ts';
import { describe, OCI_INDEX } from './artifacts.ts';

const CONFIG = 'application/vnd.oci.image.config.v1+json';
const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';

/** The content of an image in a test. */
export interface LayeredImage {
  /** The files of each layer, with their texts. */
  readonly layers: ReadonlyArray<Readonly<Record<string, string>>>;
  /** Fields of its configuration, in addition to the platform. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly architecture?: string;
}

/** Pushes an image whose layers are archives; returns the digest and the length of its manifest. */
export async function pushLayeredImage(
  registry: Registry,
  name: string,
  reference: string,
  { layers, config = {}, architecture = 'amd64' }: LayeredImage,
): Promise<{ readonly digest: string; readonly size: number }> {
  const document = { os: 'linux', architecture, created: '2026-01-02T03:04:05Z', config, rootfs: { type: 'layers' } };
  const blobs = await Promise.all(layers.map(archiveOf));
  for (const blob of [Buffer.from(JSON.stringify(document)), ...blobs]) await registry.pushBlob(name, blob);
  const body = JSON.stringify({
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: describe(JSON.stringify(document), CONFIG),
    layers: blobs.map((blob) => ({ mediaType: LAYER, digest: digestOf(blob), size: blob.byteLength })),
  });
  const digest = digestOf(body);
  const put = { body, type: OCI_MANIFEST };
  expectStatus(await registry.putManifest(name, reference === '' ? digest : reference, put), 201);
  return { digest, size: Buffer.byteLength(body) };
}

/** Pushes an index with an image for each architecture; returns its digest. */
export async function pushPlatforms(
  registry: Registry,
  name: string,
  tag: string,
  architectures: readonly string[],
): Promise<string> {
  const manifests: unknown[] = [];
  for (const architecture of architectures) {
    const layers = [{ 'bin/app': `for ${architecture}` }];
    const image = await pushLayeredImage(registry, name, '', { layers, architecture });
    manifests.push({ mediaType: OCI_MANIFEST, ...image, platform: { os: 'linux', architecture } });
  }
  const body = JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests });
  expectStatus(await registry.putManifest(name, tag, { body, type: OCI_INDEX }), 201);
  return digestOf(body);
}

async function archiveOf(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const mtime = new Date(0);
  const entries = Object.entries(files).map(([name, body]) => ({
    header: { name, size: Buffer.byteLength(body), type: 'file' as const, mode: 0o644, mtime },
    body,
  }));
  return gzipSync(await packTar(entries));
}
