import type { Digest } from '../../digest/digest.ts';
import { readStoredManifest } from '../../manifests/stored-manifest.ts';
import { type Referrer, referrerOf } from '../../model/referrer.ts';
import type { ManifestReader } from './manifest-reader.ts';

/**
 * The referrer as a stored manifest itself describes it; `undefined` when it has no subject. At most one driver call.
 */
export async function deriveReferrer(
  manifests: ManifestReader,
  digest: Digest,
): Promise<Referrer | 'damaged' | undefined> {
  const bytes = await manifests.read(digest);
  if (bytes === undefined || bytes === 'damaged') return bytes;
  return referrerOf(readStoredManifest(bytes), { digest, size: bytes.byteLength });
}
