import type { ObjectStore } from '../../client/stores/object-store.ts';
import { StoreError } from '../../client/stores/store-error.ts';
import { DigestVerifier } from '../../core/digest/digester.ts';
import type { Descriptor } from '../../core/model/descriptor.ts';
import type { CallContext } from '../../core/registry/call-context.ts';

/**
 * The bytes of a blob as they come. After the last one it is known whether they are those that the digest names.
 * @param hint what is to become of the bytes that came before, for the message
 * @throws StoreError `damaged` when they are not, after all of them
 */
export async function* verifiedBytes(
  store: ObjectStore,
  blob: Descriptor,
  { hint, ...context }: CallContext & { readonly hint?: string },
): AsyncGenerator<Uint8Array, void, undefined> {
  const verifier = new DigestVerifier(blob.digest);
  for await (const bytes of await store.openBlob(blob, 0, context)) {
    verifier.update(bytes);
    if (verifier.size > blob.size) break;
    yield bytes;
  }
  if (verifier.size === blob.size && verifier.verified) return;
  const { digest } = blob;
  throw new StoreError('damaged', `the bytes of blob ${digest} do not match its digest`, {
    detail: { digest },
    ...(hint !== undefined && { hint }),
  });
}
