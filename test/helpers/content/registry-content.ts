import { type Digest, digestOf } from '../../../core/digest/digest.ts';
import type { Descriptor } from '../../../core/model/descriptor.ts';
import { OCI_IMAGE_INDEX, OCI_IMAGE_MANIFEST, OCTET_STREAM } from '../../../core/model/media-types.ts';
import {
  parseReference,
  parseRepositoryName,
  parseTag,
  type Reference,
  type RepositoryName,
} from '../../../core/model/reference.ts';
import type { LayerService } from '../../../core/registry/layer-service.ts';
import { bodyOf } from '../../../testing/driver-case.ts';

/** The name, parsed. */
export const name = (text: string): RepositoryName => parseRepositoryName(text);

/** A tag, as a reference. */
export const tagged = (text: string): Reference => ({ kind: 'tag', tag: parseTag(text) });

/** A tag or a digest, as a reference. */
export const reference = (text: string): Reference => parseReference(text);

/** The descriptor of `bytes` in a manifest. */
export function descriptorOf(bytes: Uint8Array, mediaType: string = OCTET_STREAM): Descriptor {
  return { mediaType, digest: digestOf(bytes), size: bytes.byteLength };
}

/** The bytes of a JSON document. */
export function json(document: unknown): Buffer {
  return Buffer.from(JSON.stringify(document));
}

/** An OCI image manifest. */
export function imageManifest(
  parts: { config: unknown; layers: readonly unknown[] } & Record<string, unknown>,
): Buffer {
  return json({ schemaVersion: 2, mediaType: OCI_IMAGE_MANIFEST, ...parts });
}

/** An OCI image index. */
export function imageIndex(manifests: readonly unknown[]): Buffer {
  return json({ schemaVersion: 2, mediaType: OCI_IMAGE_INDEX, manifests });
}

/** Uploads a blob in one request. */
export async function pushBlob(layers: LayerService, repository: RepositoryName, bytes: Uint8Array): Promise<Digest> {
  await using upload = await layers.upload(repository);
  await upload.append({ body: bodyOf(bytes) });
  return (await upload.finish(digestOf(bytes))).digest;
}
