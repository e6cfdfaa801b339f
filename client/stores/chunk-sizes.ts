import { RegistryError, type RegistryErrorCode } from '../../core/model/errors.ts';

const MIB = 1024 * 1024;
/** The sizes of chunks in bytes, from the first attempt to the last. */
const CHUNK_BYTES = [16 * MIB, 4 * MIB, MIB];

/** Errors with status 400 that a smaller request would also get. */
const NOT_ABOUT_SIZE: readonly RegistryErrorCode[] = ['DIGEST_INVALID', 'NAME_INVALID', 'BLOB_UPLOAD_UNKNOWN'];

/** The upload that was rejected. */
export interface RefusedUpload {
  /** The size of the blob in bytes. */
  readonly size: number;
  /** The size of the rejected chunk in bytes; `undefined` for all bytes at once. */
  readonly before: number | undefined;
  /** The minimum chunk size of the registry in bytes (`OCI-Chunk-Min-Length`). */
  readonly least: number;
}

/**
 * The chunk size to use after a rejection.
 * @returns `undefined` when smaller chunks are not possible, or the error is not about the size of the request
 */
export function nextChunkBytes(error: unknown, { size, before, least }: RefusedUpload): number | undefined {
  if (!isAboutSize(error)) return undefined;
  const largest = before ?? size;
  return CHUNK_BYTES.map((bytes) => Math.max(bytes, least)).find((bytes) => bytes < largest);
}

function isAboutSize(error: unknown): boolean {
  if (RegistryError.is(error, 'BODY_TOO_LARGE')) return true;
  if (!RegistryError.is(error) || !('status' in error)) return false;
  return error.status === 413 || (error.status === 400 && !NOT_ABOUT_SIZE.includes(error.code));
}
