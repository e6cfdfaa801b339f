import { createHash } from 'node:crypto';
import { BlobBytes } from './blob-bytes.ts';

export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

/** A blob and its digest. */
export interface NamedBlob {
  readonly bytes: BlobBytes;
  readonly digest: string;
}

/** A manifest to push. */
export interface NamedManifest {
  readonly text: string;
  readonly digest: string;
}

/** The blob of a seed and a size. */
export function blobOf(seed: string, size: number): NamedBlob {
  const bytes = new BlobBytes(seed, size);
  return { bytes, digest: bytes.digest() };
}

/** The manifest of an image of a config and layers. */
export function imageOf(config: NamedBlob, layers: readonly NamedBlob[]): NamedManifest {
  return manifestOf({
    config: descriptorOf(config, 'application/vnd.oci.image.config.v1+json'),
    layers: layers.map((layer) => descriptorOf(layer, 'application/vnd.oci.image.layer.v1.tar')),
  });
}

export function manifestOf(fields: object): NamedManifest {
  const text = JSON.stringify({ schemaVersion: 2, mediaType: OCI_MANIFEST, ...fields });
  return { text, digest: `sha256:${createHash('sha256').update(text).digest('hex')}` };
}

export function descriptorOf({ bytes, digest }: NamedBlob, mediaType: string): object {
  return { mediaType, digest, size: bytes.size };
}
