import { randomBytes } from 'node:crypto';
import { digestOf, OCI_MANIFEST } from '../../../helpers/http/with-registry.ts';
import type { CarefulClient } from './careful-client.ts';
import { pushChunked } from './chunked-upload.ts';

const CONFIG = Buffer.from('{}');

/** Unique bytes. */
export function newBytes(size: number): Buffer {
  return randomBytes(size);
}

/** The manifest of an image with an empty configuration; `annotations` make it one of its own. */
export function manifestOf(layers: readonly Uint8Array[], annotations: Readonly<Record<string, string>>): Buffer {
  const part = (mediaType: string, bytes: Uint8Array): Readonly<Record<string, unknown>> => ({
    mediaType,
    digest: digestOf(bytes),
    size: bytes.byteLength,
  });
  return Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: part('application/vnd.oci.image.config.v1+json', CONFIG),
      layers: layers.map((bytes) => part('application/vnd.oci.image.layer.v1.tar', bytes)),
      annotations,
    }),
  );
}

/** Pushes the configuration that all images of {@link manifestOf} have. */
export async function pushConfig(client: CarefulClient, repository: string): Promise<void> {
  await pushChunked(client, repository, CONFIG);
}

/** Pushes an image of a few layers by its digest and, if given, under a tag of its own. */
export async function pushImage(
  client: CarefulClient,
  { repository, tag, layerSizes }: { repository: string; tag: string; layerSizes: readonly number[] },
): Promise<void> {
  const layers = layerSizes.map(newBytes);
  for (const layer of layers) await pushChunked(client, repository, layer);
  await pushConfig(client, repository);
  const bytes = manifestOf(layers, { repository, tag });
  const digest = digestOf(bytes);
  for (const reference of [digest, tag]) {
    const headers = { 'Content-Type': OCI_MANIFEST };
    const answer = await client.ask('PUT', `/v2/${repository}/manifests/${reference}`, { body: bytes, headers });
    if (answer.status !== 201) throw new Error(`PUT ${reference}: ${answer.status} ${answer.text}`);
  }
  client.ledger.manifests.push({ repository, digest, bytes });
  client.ledger.tag(repository, tag);
}
