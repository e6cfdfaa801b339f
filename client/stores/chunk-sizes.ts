import { RegistryError, type RegistryErrorCode } from '../../core/model/errors.ts';

const MIB = 1024 * 1024;
/** Bytes of a chunk, from the first try to the last. */
const CHUNK_BYTES = [16 * MIB, 4 * MIB, MIB];

/** Errors of a 400 that a smaller request would get too. */
const NOT_ABOUT_SIZE: readonly RegistryErrorCode[] = ['DIGEST_INVALID', 'NAME_INVALID', 'BLOB_UPLOAD_UNKNOWN'];

/** The upload that was refused. */
export interface RefusedUpload {
  /** Bytes of the blob. */
  readonly size: number;
  /** Bytes of the chunk that was refused; `undefined` for all at once. */
  readonly before: number | undefined;
  /** What the registry asks for at least (`OCI-Chunk-Min-Length`). */
  readonly least: number;
}

/**
 * How large chunks should be after a refusal.
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
