import type { Digest } from '../../core/digest/digest.ts';
import type { Descriptor } from '../../core/model/descriptor.ts';
import type { Tag } from '../../core/model/reference.ts';

/** What a copy is doing. Sizes, offsets and bytes are numbers of bytes. */
export type CopyEvent =
  /** An image begins; its blobs follow. `name` is the tag or digest by which it was selected. */
  | { readonly type: 'image-begun'; readonly name: string; readonly digest: Digest; readonly mediaType: string }
  /** A blob is waiting for its turn. */
  | { readonly type: 'blob-queued'; readonly blob: Descriptor }
  | { readonly type: 'blob-begun'; readonly blob: Descriptor }
  /** The target keeps bytes of an earlier copy, which goes on after them. */
  | { readonly type: 'blob-resumed'; readonly blob: Descriptor; readonly offset: number }
  /** So many bytes are in the target, with those of earlier copies; fewer than before when the blob starts over. */
  | { readonly type: 'blob-progress'; readonly blob: Descriptor; readonly bytes: number }
  /** The target refuses the blob in one request and gets it in chunks. */
  | { readonly type: 'blob-chunked'; readonly blob: Descriptor; readonly chunkBytes: number }
  /** The source broke off, and is asked again for what is missing. */
  | { readonly type: 'blob-retried'; readonly blob: Descriptor; readonly offset: number; readonly error: unknown }
  | { readonly type: 'blob-done'; readonly blob: Descriptor; readonly how: BlobOutcome }
  | { readonly type: 'blob-failed'; readonly blob: Descriptor; readonly error: unknown }
  | {
      readonly type: 'manifest-done';
      readonly digest: Digest;
      readonly tags: readonly Tag[];
      readonly how: ManifestOutcome;
    }
  /** The image has another digest in the target, as it was asked for. */
  | { readonly type: 'digest-changed'; readonly from: Digest; readonly to: Digest; readonly reason: string }
  /** The index is copied unchanged and names images that the target will not have; a registry may refuse it. */
  | { readonly type: 'index-sparse'; readonly digest: Digest }
  /** The source lists a referrer that it does not have, and that is not copied. */
  | { readonly type: 'referrer-missing'; readonly digest: Digest; readonly subject: Digest }
  | { readonly type: 'image-done'; readonly name: string; readonly digest: Digest }
  | { readonly type: 'image-failed'; readonly name: string; readonly error: unknown };

/**
 * How a blob came into the target: it was there; it was taken from another repository; its bytes were moved; it belongs to
 * others, who serve it themselves (`external`); or nothing is written because only a plan is made.
 */
export type BlobOutcome = 'exists' | 'mounted' | 'copied' | 'external' | 'planned';

/** How a manifest came into the target. */
export type ManifestOutcome = 'exists' | 'copied' | 'planned';
