import type { Digest } from '../../core/digest/digest.ts';
import type { Descriptor } from '../../core/model/descriptor.ts';
import { StoreError } from './store-error.ts';

/** A blob ended before its size. */
export function shortBlob({ digest, size }: Descriptor, received: number): StoreError {
  return new StoreError('damaged', `blob ${digest} ended after ${received} of ${size} bytes`, { detail: { digest } });
}

/** The bytes of a blob are not those that its digest names. */
export function otherBytes(
  digest: Digest,
  { computed, cause }: { computed?: Digest; cause?: unknown } = {},
): StoreError {
  const detail = { digest, ...(computed !== undefined && { computed }) };
  return new StoreError('damaged', `the bytes of blob ${digest} are others than it names`, { detail, cause });
}
