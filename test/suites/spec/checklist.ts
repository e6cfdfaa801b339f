/** The level of a duty in the specification: that of a registry, or that of a client. */
export type Level = 'MUST' | 'SHOULD' | 'MAY' | 'CLIENT';

/**
 * One duty of distribution-spec 1.1 (with what its main branch has added). The number before the dot is that of the
 * item in the project's own digest of the specification. Every one that is not a client's has a test in this folder
 * whose title begins with its id; a client's has a reason why there is nothing to prove here.
 */
export interface ChecklistItem {
  readonly id: `oci-${number}`;
  readonly level: Level;
  readonly text: string;
  readonly reason?: string;
}

function registry(level: Exclude<Level, 'CLIENT'>, duties: Readonly<Record<string, string>>): ChecklistItem[] {
  return Object.entries(duties).map(([number, text]) => ({ id: `oci-${number}` as ChecklistItem['id'], level, text }));
}

function client(duties: Readonly<Record<string, string>>): ChecklistItem[] {
  return Object.entries(duties).map(([number, text]) => ({
    id: `oci-${number}` as ChecklistItem['id'],
    level: 'CLIENT',
    text,
    reason: 'a duty of clients only: nothing that a registry sends or accepts depends on it',
  }));
}

const MUST = registry('MUST', {
  '1.1': 'names follow the grammar; others are refused',
  '2.1': 'a tag has at most 128 characters of its grammar',
  '2.2': 'a manifest under an impossible tag is not found (404)',
  '3.1': 'sha256 is supported, as 64 lower-case hex digits; upper case is invalid',
  '4.1': 'all endpoints of pull, push, discovery and management are there',
  '6.1': 'GET /v2/ answers 200',
  '7.1': 'Docker-Content-Digest is on GET and HEAD of manifests and blobs',
  '8.1': 'GET of a manifest answers 200 with the manifest and its digest',
  '8.2': 'an unknown manifest is not found (404)',
  '8.3': 'a manifest of an unknown repository is not found (404)',
  '11.1': 'GET of a blob answers 200 with the blob and its digest',
  '11.2': 'an unknown blob is not found (404, BLOB_UNKNOWN)',
  '12.1': 'HEAD answers 200 with the digest and the length, without body',
  '12.2': 'HEAD of what is unknown answers 404',
  '15.1': 'POST begins an upload: 202 with Location',
  '15.2': 'the location of an upload contains a UUID',
  '16.1': 'PUT with digest and body ends an upload: 201 with a Location that can be pulled',
  '17.1': 'a single POST with the wrong digest or length stores nothing',
  '17.2': 'a single POST answers 201 with Location',
  '21.1': 'PATCH answers 202 with Location and Range',
  '21.2': 'Range of a PATCH ends with the last byte of the whole blob so far',
  '22.1': 'a chunk out of order is refused by 416 on PATCH',
  '22.2': 'a chunk out of order is refused by 416 on the closing PUT',
  '22.3': 'a session and its bytes survive a 416',
  '24.1': 'an upload is closed by PUT with the digest of the whole blob, with or without a last chunk',
  '25.1': 'GET of an upload answers 204 with Location and Range',
  '25.2': 'GET of an unknown upload answers 404 (BLOB_UPLOAD_UNKNOWN)',
  '27.1': 'a mount answers 201 with a Location that can be pulled',
  '31.1': 'the exact bytes of a manifest are stored',
  '31.2': 'PUT of a manifest answers 201 with Location',
  '31.3': 'the digest of a manifest put by digest is the one that the client gave',
  '32.1': 'a manifest may have an empty list of layers',
  '33.1': 'a manifest is accepted before its subject exists',
  '33.2': 'missing content of a manifest is reported as MANIFEST_BLOB_UNKNOWN, all of it',
  '34.1': 'OCI-Tag lists every tag that a push by digest has set',
  '36.1': 'a manifest with another digest than its reference is refused',
  '37.1': 'PUT of a manifest with subject answers OCI-Subject',
  '39.1': 'tags of a known repository: 200 with name and tags',
  '39.2': 'tags are in byte order',
  '39.3': 'tags of an unknown repository: 404',
  '40.1': 'n gives exactly n tags when there are as many',
  '40.2': 'n=0 gives an empty list without Link',
  '40.3': 'Link is of the form of RFC 5988 with rel="next"',
  '40.4': 'last is exclusive, and need not exist',
  '41.1': 'referrers answer 200, never 404, also for the unknown',
  '41.2': 'referrers of a malformed digest: 400',
  '41.3': 'the type of the list of referrers is exactly that of an index',
  '41.4': 'the list of referrers is an index: schemaVersion, mediaType, manifests (empty if none)',
  '42.1': 'an entry has type, size and digest of a manifest of this repository with this subject',
  '42.2': 'artifactType of an entry: that of the manifest, else of the config; of an index only its own',
  '42.3': 'an entry has the annotations of the manifest, not of the descriptor',
  '43.1': 'a list of referrers that is too long goes on by Link, and every page is an index',
  '44.2': 'OCI-Filters-Applied names the filter that was applied, also to nothing',
  '47.1': 'manifests in a fallback-tag index with a valid subject are included',
  '47.2': 'every new manifest with a subject is included',
  '48.1': 'DELETE of a tag answers 202; the tag is gone, the digest stays',
  '48.2': 'DELETE of a manifest answers 202; it and all its tags are gone',
  '48.3': 'DELETE of an unknown manifest answers 404',
  '48.4': 'deleting that is disabled answers 400 or 405',
  '49.1': 'DELETE of a blob answers 202; other repositories keep it',
  '49.2': 'DELETE of an unknown blob answers 404',
  '51.1': 'a JSON error body has errors with code; codes are those of the specification',
  '53.1': 'Warning is 299 - "text" without a date, at most 4096 bytes together',
  '55.1': 'every endpoint answers with the statuses of the table',
  '56.1': 'a single range answers 206 with Content-Range and the exact bytes',
  '56.2': 'a range that cannot be satisfied answers 416 with the size and a length of its own',
});

const SHOULD = registry('SHOULD', {
  '5.1': 'where the specification is silent, RFC 9110 holds: HEAD equals GET, 405 has Allow',
  '9.1': 'Content-Type equals the type that the manifest was pushed with, without parameters',
  '11.3': 'Range is supported on blobs',
  '14.1': 'an invalid digest or unsupported algorithm is refused (400) by every form of upload',
  '20.1': 'a registry with a smallest chunk says it by OCI-Chunk-Min-Length',
  '26.1': 'DELETE cancels an upload: 204, or 404 when there is none',
  '29.1': 'a mount that is not possible answers 202 and begins an upload',
  '30.1': 'parameters of the Content-Type of a manifest are ignored',
  '34.2': 'at least 10 tags are accepted in one push',
  '35.1': 'a manifest over the limit is refused by 413, one of 4 MB is accepted',
  '44.1': 'artifactType filters the referrers; several values are alternatives',
  '52.1': '429, like 503, carries Retry-After',
});

const MAY = registry('MAY', {
  '3.2': 'sha512 is supported for blobs and manifests',
  '6.2': '/v2 is served as /v2/ is',
  '14.2': 'an uploaded blob with another digest is refused and stored nowhere',
  '15.3': 'the location may be used with its query in any order and encoding',
  '18.1': '201 of a blob carries its digest and Content-Length 0',
  '19.1': 'digest-algorithm is a hint; the closing digest may be by another one',
  '22.4': 'a Content-Range of another length than the body, or malformed, is refused (400)',
  '23.1': 'PATCH without Content-Range appends, also with chunked transfer encoding',
  '25.3': 'an older location of an upload, or one with a digest, still tells its status',
  '28.1': 'a mount without from takes the blob from anywhere, where the caller may pull from everywhere',
  '34.3': 'too many tags in one push are refused by 414',
  '46.1': 'the fallback tag cuts the encoded part to 64 characters, so that sha512 is found, too',
  '50.1': 'ns is ignored by a registry that is no proxy',
  '53.2': 'a manifest without mediaType is accepted with a warning',
  '54.1': 'an unknown extension is answered UNSUPPORTED, and its path never taken for a repository',
  '56.3': 'several ranges answer multipart/byteranges in the order of the request',
  '56.4': 'another unit is ignored; If-Range decides whether Range is heeded; HEAD ignores Range',
});

const CLIENT = client({
  '7.2': 'do not rely on Docker headers beside Docker-Content-Digest',
  '9.2': 'send Accept, ignore parameters of Content-Type, reject a body of another mediaType',
  '10.1': 'verify a manifest against the digest that it was pulled by',
  '13.1': 'assume sha256 where an older registry sends no digest',
  '15.4': 'use Location unchanged',
  '19.2': 'send Content-Length: 0 with POST; send digest-algorithm for other digests than sha256',
  '20.2': 'send chunks of at least OCI-Chunk-Min-Length',
  '22.5': 'use the newest Location for the next chunk',
  '26.2': 'cancel uploads that are given up, and ignore failures of that',
  '30.2': 'send the mediaType of the manifest as Content-Type, without parameters',
  '38.1': 'keep the fallback tag where OCI-Subject is not answered',
  '40.5': 'prefer Link over making the URL of the next page',
  '45.1': 'fall back to the tag schema on 404 of referrers; assume none where its index is invalid',
  '48.5': 'edit the fallback index when deleting a referrer in a registry without the API',
  '50.2': 'send no ns to registries that are no proxies, and no upstream credentials to proxies',
  '53.3': 'show warnings once, and do not act on them',
});

/** Every duty of the specification. */
export const CHECKLIST: readonly ChecklistItem[] = [...MUST, ...SHOULD, ...MAY, ...CLIENT];
