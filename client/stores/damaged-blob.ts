import type { Digest } from '../../core/digest/digest.ts';
import type { Descriptor } from '../../core/model/descriptor.ts';
import { StoreError } from './store-error.ts';

/** The error for a blob that is shorter than its size. */
export function shortBlob({ digest, size }: Descriptor, received: number): StoreError {
  return new StoreError('damaged', `blob ${digest} ended after ${received} of ${size} bytes`, { detail: { digest } });
}

/** The error for a blob whose bytes do not match its digest. */
export function otherBytes(
  digest: Digest,
  { computed, cause }: { computed?: Digest; cause?: unknown } = {},
): StoreError {
  const detail = { digest, ...(computed !== undefined && { computed }) };
  return new StoreError('damaged', `the bytes of blob ${digest} do not match its digest`, { detail, cause });
}
