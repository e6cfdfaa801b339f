import type { Digest } from '../../digest/digest.ts';
import { RegistryError } from '../../model/errors.ts';

/** The error for an upload whose bytes do not match the digest that its client stated. */
export function otherDigest(digest: Digest, computed: Digest): RegistryError {
  return new RegistryError('DIGEST_INVALID', { digest, computed, reason: 'the uploaded bytes have another digest' });
}
