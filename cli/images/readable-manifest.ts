import { parseManifest } from '../../core/manifests/manifest.ts';
import { readStoredManifest, type StoredContent } from '../../core/manifests/stored-manifest.ts';
import { RegistryError } from '../../core/model/errors.ts';
import { SCHEMA_1_MANIFEST, SCHEMA_1_SIGNED_MANIFEST } from '../../core/model/media-types.ts';
import type { StoredManifest } from '../../core/registry/manifest-service.ts';

const SCHEMA_1_TYPES: ReadonlySet<string> = new Set([SCHEMA_1_MANIFEST, SCHEMA_1_SIGNED_MANIFEST]);

/**
 * What a manifest says, read as strictly as a registry reads one that is pushed, so that nothing is shown that it does not
 * say. One of schema 1, which old registries hold, need only look like one.
 * @throws RegistryError `MANIFEST_INVALID` or `DIGEST_INVALID`, naming the manifest and the place in it
 */
export function readableManifest({ digest, mediaType, bytes }: StoredManifest): StoredContent {
  try {
    return SCHEMA_1_TYPES.has(mediaType) ? readSchema1(mediaType, bytes) : readPushable(mediaType, bytes);
  } catch (error) {
    if (!RegistryError.is(error)) throw error;
    throw new RegistryError(error.code, { reference: digest, ...error.detail }, { cause: error });
  }
}

function readPushable(mediaType: string, bytes: Buffer): StoredContent {
  const [problem] = parseManifest(bytes, mediaType).problems;
  if (problem !== undefined) throw problem;
  return readStoredManifest(bytes);
}

function readSchema1(mediaType: string, bytes: Buffer): StoredContent {
  const content = readStoredManifest(bytes);
  if (SCHEMA_1_TYPES.has(content.mediaType)) return content;
  throw new RegistryError('MANIFEST_INVALID', { reason: `is no ${mediaType}` });
}
