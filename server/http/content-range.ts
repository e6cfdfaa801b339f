import { RegistryError } from '../../core/model/errors.ts';

/** Where a chunk lies in its blob: 0-based, end exclusive, at least one byte. */
export interface ChunkRange {
  readonly start: number;
  readonly end: number;
}

// distribution-spec, "Pushing a blob in chunks", writes `0-99`; RFC 9110 section 14.4, which libraries follow,
// `bytes 0-99/100` or `bytes 0-99/*`; clients mix both, and write `bytes=0-99` as in `Range`.
const CONTENT_RANGE =
  /^(?:bytes(?:[ \t]+|[ \t]*=[ \t]*))?([0-9]+)[ \t]*-[ \t]*([0-9]+)[ \t]*(?:\/[ \t]*([0-9]+|\*))?$/i;

/**
 * Parses the `Content-Range` of a chunk.
 * @param contentLength the length of the chunk, if the request states it
 * @throws RegistryError `BLOB_UPLOAD_INVALID` when it is malformed; `RANGE_INVALID` when its end is before its start;
 * `SIZE_INVALID` when it is not as long as the chunk
 */
export function parseContentRange(header: string, contentLength?: number): ChunkRange {
  const match = CONTENT_RANGE.exec(header);
  if (match === null) throw malformed(header, 'must be <first>-<last>, for example 0-1023');
  const start = Number(match[1]);
  const last = Number(match[2]);
  const total = match[3] === undefined || match[3] === '*' ? Number.MAX_SAFE_INTEGER : Number(match[3]);
  if (!Number.isSafeInteger(start) || last >= Number.MAX_SAFE_INTEGER) throw malformed(header, 'is too large');
  if (last < start) {
    throw new RegistryError('RANGE_INVALID', { contentRange: header.slice(0, 64), reason: 'ends before it starts' });
  }
  if (last >= total) throw malformed(header, 'ends after the size that it states');
  const end = last + 1;
  if (contentLength !== undefined && contentLength !== end - start) {
    throw new RegistryError('SIZE_INVALID', { contentRange: header.slice(0, 64), contentLength });
  }
  return { start, end };
}

function malformed(header: string, reason: string): RegistryError {
  return new RegistryError('BLOB_UPLOAD_INVALID', { contentRange: header.slice(0, 64), reason });
}
