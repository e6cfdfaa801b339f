import { algorithmOf, digestOf } from '../../../core/digest/digest.ts';
import type { CallContext } from '../../../core/registry/call-context.ts';
import { otherBytes, shortBlob } from '../damaged-blob.ts';
import type { IncomingBlob } from '../object-store.ts';

/**
 * The largest blob that is held in memory until it is complete. After a kill its bytes are transferred again, which
 * costs less than a file that can be resumed.
 */
export const MAX_HELD_BYTES = 256 * 1024;

/**
 * Reads all bytes of a small blob and verifies them.
 * @throws StoreError `damaged` when they do not match the descriptor
 */
export async function heldBlob(blob: IncomingBlob, context: CallContext): Promise<Uint8Array> {
  const { descriptor } = blob;
  const { digest, size } = descriptor;
  const bytes = Buffer.allocUnsafe(size);
  let held = 0;
  for await (const chunk of await blob.open(0, { ...context, isReused: true })) {
    context.signal?.throwIfAborted();
    if (held + chunk.byteLength > size) throw otherBytes(digest);
    bytes.set(chunk, held);
    held += chunk.byteLength;
    blob.report?.({ type: 'progress', bytes: held });
  }
  if (held < size) throw shortBlob(descriptor, held);
  const computed = digestOf(bytes, algorithmOf(digest));
  if (computed !== digest) throw otherBytes(digest, { computed });
  return bytes;
}
