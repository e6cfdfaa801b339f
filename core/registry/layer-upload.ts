import type { Digest } from '../digest/digest.ts';
import type { Descriptor } from '../model/descriptor.ts';
import type { UploadState } from '../model/upload-state.ts';
import type { CallContext } from './call-context.ts';

/** The bytes of a request and their position according to the client. */
export interface Chunk {
  readonly body: AsyncIterable<Uint8Array>;
  /** The position of the bytes according to the client, 0-based, end exclusive; `undefined` if it did not state it. */
  readonly range?: { readonly start: number; readonly end: number } | undefined;
}

/**
 * The write side of a blob, held by one request at a time. Closing it leaves a resumable upload with all bytes that
 * were accepted, or removes it if no other request could resume it; disposing does the same after a failure.
 *
 * If another request takes the upload over, this one fails with an UploadRangeError, and whatever it has written since
 * then is discarded.
 */
export interface LayerUpload extends AsyncDisposable {
  /** The number of bytes so far. */
  readonly size: number;
  /** The state that a token for this upload would carry now. */
  readonly state: UploadState;

  /**
   * Appends the bytes of a chunk. If the body breaks off, the bytes that arrived are kept, and the error of the body is
   * thrown.
   * @throws UploadRangeError when the chunk does not begin where the upload ends; nothing was appended
   * @throws RegistryError `SIZE_INVALID` when the length of the body differs from the range; the bytes that arrived are
   * kept
   */
  append(chunk: Chunk, context?: CallContext): Promise<void>;

  /**
   * Makes the bytes a blob of the repository.
   * @throws RegistryError `DIGEST_INVALID` when they do not match `digest`; the upload has then been removed
   */
  finish(digest: Digest, context?: CallContext): Promise<Descriptor>;

  /** Removes the upload and all its bytes. */
  cancel(context?: CallContext): Promise<void>;

  /**
   * Leaves the upload to the next request.
   * @returns the state for its token
   */
  close(context?: CallContext): Promise<UploadState>;
}
