import { algorithmOf, digestOf } from '../../core/digest/digest.ts';
import { MANIFEST_MEDIA_TYPES } from '../../core/manifests/formats/index.ts';
import { type Manifest, parseManifest } from '../../core/manifests/manifest.ts';
import { type Descriptor, manifestProblem } from '../../core/model/descriptor.ts';
import { type RegistryError, RegistryErrors } from '../../core/model/errors.ts';
import type { StoredManifest } from '../../core/registry/manifest-service.ts';
import { CopyError } from './copy-error.ts';

const MANIFEST_TYPES: ReadonlySet<string> = new Set(MANIFEST_MEDIA_TYPES);

/** Whether an entry of an index is a manifest; BuildKit lists the blobs of its cache in one. */
export function isManifestType({ mediaType }: Pick<Descriptor, 'mediaType'>): boolean {
  return MANIFEST_TYPES.has(mediaType);
}

/**
 * Parses a manifest that is to be copied, as strictly as a registry does on a push.
 * @throws CopyError `manifest`
 */
export function readManifest({ digest, mediaType, bytes }: StoredManifest): Manifest {
  try {
    const manifest = parseManifest(bytes, mediaType);
    const [first, ...others] = [...manifest.problems, ...missingSizes(manifest)];
    if (first !== undefined) throw new RegistryErrors([first, ...others]);
    return manifest;
  } catch (cause) {
    throw new CopyError('manifest', `manifest ${digest} cannot be copied`, { digest, cause });
  }
}

/**
 * Finds missing sizes: a registry reads a size that is null or absent as 0, which no blob with other bytes can have.
 */
function missingSizes({ references }: Manifest): readonly RegistryError[] {
  return references
    .filter(({ role, descriptor: { size } }) => role === 'blob' && size === 0)
    .filter(({ descriptor: { digest } }) => digestOf(Buffer.of(), algorithmOf(digest)) !== digest)
    .map(({ at }) => manifestProblem(`${at}.size`, 'is 0 or missing, but the digest is not that of empty content'));
}
