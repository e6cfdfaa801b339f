import { randomBytes } from 'node:crypto';
import type { MemoryStore } from '../../../client/stores/memory-store.ts';
import { type Digest, digestOf } from '../../../core/digest/digest.ts';
import type { Descriptor, Platform } from '../../../core/model/descriptor.ts';
import { OCI_IMAGE_INDEX, OCI_IMAGE_MANIFEST } from '../../../core/model/media-types.ts';
import type { Reference } from '../../../core/model/reference.ts';
import { parseTag } from '../../../core/model/reference.ts';

export const CONFIG_TYPE = 'application/vnd.oci.image.config.v1+json';
export const LAYER_TYPE = 'application/vnd.oci.image.layer.v1.tar';

export interface ImageParts {
  readonly layers: readonly Buffer[];
  readonly tag?: string;
  readonly config?: object;
  readonly subject?: Descriptor;
  readonly artifactType?: string;
  readonly isPart?: boolean;
}

export interface MadeImage {
  readonly descriptor: Descriptor;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

/** Puts an image into a store. */
export async function makeImage(store: MemoryStore, parts: ImageParts): Promise<MadeImage> {
  const { layers, tag, config = { os: 'linux', architecture: 'amd64' }, subject, artifactType, isPart = false } = parts;
  const configBlob = store.add(Buffer.from(JSON.stringify(config)), CONFIG_TYPE);
  const layerBlobs = layers.map((bytes) => store.add(bytes, LAYER_TYPE));
  const manifest = { config: configBlob, layers: layerBlobs, subject, artifactType };
  const descriptor = await putDocument(store, OCI_IMAGE_MANIFEST, manifest, { tag, isPart });
  return { descriptor, config: configBlob, layers: layerBlobs };
}

/** Puts an index of images into a store. */
export function makeIndex(
  store: MemoryStore,
  children: ReadonlyArray<Descriptor & { readonly platform?: Platform & { readonly variant?: string } }>,
  tag?: string,
): Promise<Descriptor> {
  return putDocument(store, OCI_IMAGE_INDEX, { manifests: children }, { tag, isPart: false });
}

/** Puts any document into a store as a manifest. */
export async function putDocument(
  store: MemoryStore,
  mediaType: string,
  document: object,
  { tag, isPart }: { readonly tag?: string | undefined; readonly isPart: boolean },
): Promise<Descriptor> {
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...document }));
  const digest = digestOf(bytes);
  await store.putManifest({ digest, mediaType, bytes, tags: tag === undefined ? [] : [parseTag(tag)], isPart });
  return { mediaType, digest, size: bytes.byteLength };
}

/** Layers of random bytes. */
export function randomLayers(count: number, bytes: number): Buffer[] {
  return Array.from({ length: count }, () => randomBytes(bytes));
}

export function tagged(tag: string): Reference {
  return { kind: 'tag', tag: parseTag(tag) };
}

export function byDigest(digest: Digest): Reference {
  return { kind: 'digest', digest };
}
