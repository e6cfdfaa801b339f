import type { Digest } from '../../core/digest/digest.ts';
import type { Descriptor } from '../../core/model/descriptor.ts';
import type { Tag } from '../../core/model/reference.ts';

/** A step of a copy. Sizes, offsets and `bytes` are in bytes. */
export type CopyEvent =
  /** The copy of an image begins; its blobs follow. `name` is the tag or digest by which it was selected. */
  | { readonly type: 'image-begun'; readonly name: string; readonly digest: Digest; readonly mediaType: string }
  /** A blob is queued. */
  | { readonly type: 'blob-queued'; readonly blob: Descriptor }
  | { readonly type: 'blob-begun'; readonly blob: Descriptor }
  /** The target has bytes of an earlier copy; this one resumes after them. */
  | { readonly type: 'blob-resumed'; readonly blob: Descriptor; readonly offset: number }
  /**
   * The number of bytes in the target, including those of earlier copies; lower than before if the blob starts over.
   */
  | { readonly type: 'blob-progress'; readonly blob: Descriptor; readonly bytes: number }
  /** The target rejects the blob in one request, so it is sent in chunks. */
  | { readonly type: 'blob-chunked'; readonly blob: Descriptor; readonly chunkBytes: number }
  /** The source broke off; the missing bytes are requested again. */
  | { readonly type: 'blob-retried'; readonly blob: Descriptor; readonly offset: number; readonly error: unknown }
  | { readonly type: 'blob-done'; readonly blob: Descriptor; readonly how: BlobOutcome }
  | { readonly type: 'blob-failed'; readonly blob: Descriptor; readonly error: unknown }
  | {
      readonly type: 'manifest-done';
      readonly digest: Digest;
      readonly tags: readonly Tag[];
      readonly how: ManifestOutcome;
    }
  /** The image has another digest in the target, as requested. */
  | { readonly type: 'digest-changed'; readonly from: Digest; readonly to: Digest; readonly reason: string }
  /** The index is copied unchanged and names images that the target will not have; a registry may reject it. */
  | { readonly type: 'index-sparse'; readonly digest: Digest }
  /** The source lists a referrer that it does not have; it is not copied. */
  | { readonly type: 'referrer-missing'; readonly digest: Digest; readonly subject: Digest }
  | { readonly type: 'image-done'; readonly name: string; readonly digest: Digest }
  | { readonly type: 'image-failed'; readonly name: string; readonly error: unknown };

/**
 * How a blob got into the target: it existed; it was mounted from another repository; its bytes were copied; others
 * serve it (`external`); or nothing is written because only a plan is made.
 */
export type BlobOutcome = 'exists' | 'mounted' | 'copied' | 'external' | 'planned';

/** How a manifest got into the target. */
export type ManifestOutcome = 'exists' | 'copied' | 'planned';
