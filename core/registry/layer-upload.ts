import type { Digest } from '../digest/digest.ts';
import type { Descriptor } from '../model/descriptor.ts';
import type { UploadState } from '../model/upload-state.ts';
import type { CallContext } from './call-context.ts';

/** Bytes of a request and where the client says that they belong. */
export interface Chunk {
  readonly body: AsyncIterable<Uint8Array>;
  /** Where the client says that the bytes lie, 0-based, end exclusive; `undefined` when it did not say. */
  readonly range?: { readonly start: number; readonly end: number } | undefined;
}

/**
 * The write side of a blob, held by one request at a time. Closing it leaves a resumable upload with all bytes that were
 * taken, or nothing when no other request could resume it; disposing does so after a failure.
 *
 * When another request gets the upload meanwhile, this one fails with an UploadRangeError, and nothing that it has
 * written since counts.
 */
export interface LayerUpload extends AsyncDisposable {
  /** Bytes so far. */
  readonly size: number;
  /** What a token for this upload says now. */
  readonly state: UploadState;

  /**
   * Takes the bytes of a chunk. When the body breaks off, what came is kept, and the error of the body is thrown.
   * @throws UploadRangeError when the chunk does not begin where the upload ends; nothing was taken
   * @throws RegistryError `SIZE_INVALID` when the body was not as long as the range; what came is kept
   */
  append(chunk: Chunk, context?: CallContext): Promise<void>;

  /**
   * Makes the bytes a blob of the repository.
   * @throws RegistryError `DIGEST_INVALID` when they are others than `digest` names; the upload is then gone
   */
  finish(digest: Digest, context?: CallContext): Promise<Descriptor>;

  /** Removes the upload with everything it has. */
  cancel(context?: CallContext): Promise<void>;

  /**
   * Leaves the upload to the next request.
   * @returns what a token for it says
   */
  close(context?: CallContext): Promise<UploadState>;
}
