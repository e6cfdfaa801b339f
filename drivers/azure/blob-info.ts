import type { IncomingHttpHeaders } from 'node:http';
import { CONTENT_TYPE, decodeCrc32c, encodeCrc32c, type NewObject, type ObjectInfo } from '../object-store/index.ts';

type Metadata = Readonly<Record<string, string>>;

// Names of metadata are identifiers in Azure, without `-`, and values may not be empty. So all that the kit stores is
// one value, in the form of a query.
const METADATA = 'x-ms-meta-stowage';
const CRC32C = 'x-ms-meta-crc32c';

/** What a blob is stored with. */
export function headersOf({
  contentType = CONTENT_TYPE,
  metadata = {},
  crc32c,
}: Pick<NewObject, 'contentType' | 'metadata'> & { readonly crc32c: number | undefined }): Record<string, string> {
  const query = new URLSearchParams(metadata).toString();
  return {
    'x-ms-blob-content-type': contentType,
    ...(query === '' ? {} : { [METADATA]: query }),
    ...(crc32c === undefined ? {} : { [CRC32C]: encodeCrc32c(crc32c) }),
  };
}

/** A blob as the headers of an answer describe it. */
export function infoOf(key: string, headers: IncomingHttpHeaders): ObjectInfo {
  return {
    key,
    size: Number(headers['content-length'] ?? 0),
    version: headers.etag ?? '',
    contentType: headers['content-type'] ?? '',
    metadata: metadataIn(headers),
    crc32c: crc32cIn(headers),
    modifiedAt: new Date(headers['last-modified'] ?? 0),
  };
}

/** The CRC32C that Stowage stored with a blob; `undefined` for a blob that distribution wrote. */
export function crc32cIn(headers: IncomingHttpHeaders): number | undefined {
  return decodeCrc32c(headers[CRC32C]?.toString());
}

/** Whether a blob has content: one that a copy has not filled, or never will, has not. */
export function isFilled(headers: IncomingHttpHeaders): boolean {
  return (headers['x-ms-copy-status'] ?? 'success') === 'success';
}

function metadataIn(headers: IncomingHttpHeaders): Metadata {
  return Object.fromEntries(new URLSearchParams(headers[METADATA]?.toString() ?? ''));
}
