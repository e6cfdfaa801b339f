import type { Digest } from '../../digest/digest.ts';
import { RegistryError } from '../../model/errors.ts';

/** The bytes of an upload are not those that its client says. */
export function otherDigest(digest: Digest, computed: Digest): RegistryError {
  return new RegistryError('DIGEST_INVALID', { digest, computed, reason: 'the uploaded bytes have another digest' });
}
