import { RegistryError } from '../../core/errors.ts';

/** Where a chunk lies in its blob: 0-based, end exclusive, at least one byte. */
export interface ChunkRange {
  readonly start: number;
  readonly end: number;
}

// distribution-spec, "Pushing a blob in chunks", writes `0-99`; RFC 9110 section 14.4, which libraries follow,
// `bytes 0-99/100` or `bytes 0-99/*`.
const CONTENT_RANGE = /^(?:([0-9]+)-([0-9]+)|bytes ([0-9]+)-([0-9]+)\/([0-9]+|\*))$/;

/**
 * Parses the `Content-Range` of a chunk.
 * @param contentLength the length of the chunk, where the request tells it
 * @throws RegistryError `BLOB_UPLOAD_INVALID` when it is malformed; `RANGE_INVALID` when its end is before its start;
 * `SIZE_INVALID` when it is not as long as the chunk
 */
export function parseContentRange(header: string, contentLength?: number): ChunkRange {
  const match = CONTENT_RANGE.exec(header);
  if (match === null) throw malformed(header, 'must be <first>-<last>, for example 0-1023');
  const start = Number(match[1] ?? match[3]);
  const last = Number(match[2] ?? match[4]);
  const total = match[5] === undefined || match[5] === '*' ? Number.MAX_SAFE_INTEGER : Number(match[5]);
  if (!Number.isSafeInteger(start) || last >= Number.MAX_SAFE_INTEGER) throw malformed(header, 'is too large');
  if (last < start) {
    throw new RegistryError('RANGE_INVALID', { contentRange: header.slice(0, 64), reason: 'ends before it starts' });
  }
  if (last >= total) throw malformed(header, 'ends behind the size that it gives');
  const end = last + 1;
  if (contentLength !== undefined && contentLength !== end - start) {
    throw new RegistryError('SIZE_INVALID', { contentRange: header.slice(0, 64), contentLength });
  }
  return { start, end };
}

function malformed(header: string, reason: string): RegistryError {
  return new RegistryError('BLOB_UPLOAD_INVALID', { contentRange: header.slice(0, 64), reason });
}
