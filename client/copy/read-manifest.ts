import { MANIFEST_MEDIA_TYPES } from '../../core/manifests/formats/index.ts';
import { type Manifest, parseManifest } from '../../core/manifests/manifest.ts';
import type { Descriptor } from '../../core/model/descriptor.ts';
import { RegistryErrors } from '../../core/model/errors.ts';
import type { StoredManifest } from '../../core/registry/manifest-service.ts';
import { CopyError } from './copy-error.ts';

const MANIFEST_TYPES: ReadonlySet<string> = new Set(MANIFEST_MEDIA_TYPES);

/** Whether an entry of an index is a manifest; BuildKit lists the blobs of its cache in one. */
export function isManifestType({ mediaType }: Pick<Descriptor, 'mediaType'>): boolean {
  return MANIFEST_TYPES.has(mediaType);
}

/**
 * Reads a manifest that is copied, as strictly as a registry that takes it.
 * @throws CopyError `manifest`
 */
export function readManifest({ digest, mediaType, bytes }: StoredManifest): Manifest {
  try {
    const manifest = parseManifest(bytes, mediaType);
    const [first, ...others] = manifest.problems;
    if (first !== undefined) throw new RegistryErrors([first, ...others]);
    return manifest;
  } catch (cause) {
    throw new CopyError('manifest', `manifest ${digest} cannot be copied`, { digest, cause });
  }
}
