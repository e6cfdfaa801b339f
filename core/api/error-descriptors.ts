import type { ErrorDetail, RegistryError, RegistryErrorCode } from '../model/errors.ts';

/** What the headers of an error depend on, in addition to the error. */
export interface FailedRequest {
  /** The methods that are left to the client, as `Allow` lists them. */
  readonly allow: string;
}

/** How one kind of error shows on the wire. */
export interface ErrorDescriptor {
  /** The code in the JSON body; several internal codes may share one. */
  readonly value: string;
  /** One line for people; distribution's own where it has one. */
  readonly message: string;
  /** The line that names what `detail` names, because most clients show the message only; absent: always `message`. */
  readonly specificMessage?: (detail: ErrorDetail) => string | undefined;
  /** When the error is given. */
  readonly description: string;
  /** The HTTP status of an answer whose first error this is. */
  readonly status: number;
  /**
   * How long the client should wait before it tries again, in milliseconds, unless the error says so; absent: nothing.
   */
  readonly retryAfterMs?: number;
  /** The headers that an answer with this error has. */
  readonly headers?: (error: RegistryError, request: FailedRequest) => Readonly<Record<string, string>>;
}

/** How long a client should wait when the end of the trouble is not known, in milliseconds. */
const RETRY_AFTER_MS = 5_000;
/** The longest wait that an answer asks for, in milliseconds: clients refuse numbers that are too large for them. */
const MAX_RETRY_AFTER_MS = 365 * 24 * 3_600_000;

/**
 * Text, status and headers of every error. The values are of the list in distribution-spec, "Error Codes", which is
 * closed for answers of the 4XX class; outside it are only TAG_INVALID, MANIFEST_UNVERIFIED and PAGINATION_NUMBER_INVALID,
 * kept because docker's API has them and clients know them.
 */
export const ERROR_DESCRIPTORS = {
  UNKNOWN: {
    value: 'UNKNOWN',
    message: 'unknown error',
    description: 'Something failed that has no code of its own; the log of the registry says what.',
    status: 500,
  },
  UNSUPPORTED: {
    value: 'UNSUPPORTED',
    message: 'The operation is unsupported.',
    description: 'The method is not available on this route, or switched off by the configuration.',
    status: 405,
    // RFC 9110 section 15.5.6.
    headers: (_, { allow }) => ({ Allow: allow }),
  },
  UNAUTHORIZED: {
    value: 'UNAUTHORIZED',
    message: 'authentication required',
    description: 'The request needs credentials that it lacks; `WWW-Authenticate` says how to get them.',
    status: 401,
  },
  DENIED: {
    value: 'DENIED',
    message: 'requested access to the resource is denied',
    description: 'The client is known, but may not do this.',
    status: 403,
  },
  UNAVAILABLE: {
    value: 'UNAVAILABLE',
    message: 'service unavailable',
    description: 'The registry or its storage cannot serve the request now; it may be sent again later.',
    status: 503,
    retryAfterMs: RETRY_AFTER_MS,
  },
  // Not UNAVAILABLE, whose answers ask clients to try again: that does not help until the storage has been repaired.
  STORAGE_REFUSED: {
    value: 'UNKNOWN',
    message: 'the storage refuses this',
    description:
      'The storage refuses the access, or something else is in the place of a file: permissions, a read-only disk, ' +
      'looping links. This lasts until the storage has been repaired; the log names the place.',
    status: 500,
  },
  TOOMANYREQUESTS: {
    value: 'TOOMANYREQUESTS',
    message: 'too many requests',
    description: 'The client has sent too many requests; `Retry-After` says when to try again.',
    status: 429,
    retryAfterMs: RETRY_AFTER_MS,
  },
  DIGEST_INVALID: {
    value: 'DIGEST_INVALID',
    message: 'provided digest did not match uploaded content',
    description: 'A digest is malformed, by an unsupported algorithm, or not that of the content.',
    status: 400,
  },
  SIZE_INVALID: {
    value: 'SIZE_INVALID',
    message: 'provided length did not match content length',
    description: 'The length that was announced is not the length of what was sent.',
    status: 400,
  },
  // distribution says RANGE_INVALID, which is not of the list; the error concerns an upload.
  RANGE_INVALID: {
    value: 'BLOB_UPLOAD_INVALID',
    message: 'invalid content range',
    description: 'A chunk does not continue the upload; `Range` says how much of it there is.',
    status: 416,
  },
  // BLOB_UNKNOWN would tell a client to give the blob up, UNSUPPORTED never to ask for a range again; what is
  // wrong is the range compared with the size.
  RANGE_NOT_SATISFIABLE: {
    value: 'SIZE_INVALID',
    message: 'requested range is not satisfiable',
    description: 'No byte of the blob lies in the range that was asked for; `Content-Range` says its size.',
    status: 416,
    headers: ({ detail }) => ({ 'Content-Range': `bytes */${String(detail?.['size'])}` }),
  },
  NAME_INVALID: {
    value: 'NAME_INVALID',
    message: 'invalid repository name',
    description:
      'The name of the repository breaks the grammar or is too long, or a manifest of schema 1 was made for another one.',
    status: 400,
  },
  TAG_INVALID: {
    value: 'TAG_INVALID',
    message: 'manifest tag did not match URI',
    description: 'The tag breaks the grammar, or a manifest of schema 1 was made for another one.',
    status: 400,
  },
  // Clients give up on DENIED, show its message, and neither send the manifest in another format nor try again.
  TAG_IMMUTABLE: {
    value: 'DENIED',
    message: 'the tag is immutable: neither it nor its manifest can be replaced or deleted',
    // Who deletes a manifest by its digest has named no tag, or another one that their client has looked up.
    specificMessage: ({ tag }) =>
      typeof tag === 'string'
        ? `the tag "${tag}" is immutable: neither it nor its manifest can be replaced or deleted`
        : undefined,
    description:
      'The configuration makes the tag immutable. A push needs another tag; `detail` says what this one names.',
    status: 403,
  },
  // The list has no better code: one of those that name something invalid would make clients change the manifest.
  TAGS_TOO_MANY: {
    value: 'UNSUPPORTED',
    message: 'too many tags in one request',
    description: 'The request asks for more tags than the registry sets at once.',
    status: 414,
  },
  NAME_UNKNOWN: {
    value: 'NAME_UNKNOWN',
    message: 'repository name not known to registry',
    description: 'There is no such repository.',
    status: 404,
  },
  MANIFEST_UNKNOWN: {
    value: 'MANIFEST_UNKNOWN',
    message: 'manifest unknown',
    description: 'The repository has no manifest under this tag or digest.',
    status: 404,
  },
  MANIFEST_INVALID: {
    value: 'MANIFEST_INVALID',
    message: 'manifest invalid',
    description: 'The manifest is malformed or not of the type that was announced.',
    status: 400,
  },
  MANIFEST_UNVERIFIED: {
    value: 'MANIFEST_UNVERIFIED',
    message: 'manifest failed signature verification',
    description: 'The signatures of a manifest of schema 1 do not hold; `detail` says why.',
    status: 400,
  },
  MANIFEST_TOO_LARGE: {
    value: 'SIZE_INVALID',
    message: 'manifest too large',
    description: 'The manifest is larger than the registry accepts.',
    status: 413,
  },
  BODY_TOO_LARGE: {
    value: 'SIZE_INVALID',
    message: 'request body too large',
    description: 'The body of a request to an extension is larger than the extension accepts.',
    status: 413,
  },
  MANIFEST_BLOB_UNKNOWN: {
    value: 'MANIFEST_BLOB_UNKNOWN',
    message: 'blob unknown to registry',
    description: 'The manifest refers to a blob or manifest that the repository lacks; there is one error for each.',
    status: 400,
  },
  BLOB_UNKNOWN: {
    value: 'BLOB_UNKNOWN',
    message: 'blob unknown to registry',
    description: 'The repository has no blob with this digest.',
    status: 404,
  },
  BLOB_UPLOAD_UNKNOWN: {
    value: 'BLOB_UPLOAD_UNKNOWN',
    message: 'blob upload unknown to registry',
    description: 'There is no such upload: it was never begun, or it is finished, cancelled or expired.',
    status: 404,
  },
  BLOB_UPLOAD_INVALID: {
    value: 'BLOB_UPLOAD_INVALID',
    message: 'blob upload invalid',
    description: 'The request cannot be understood as a part of an upload; the upload is untouched.',
    status: 400,
  },
  PAGINATION_NUMBER_INVALID: {
    value: 'PAGINATION_NUMBER_INVALID',
    message: 'invalid number of results requested',
    description: 'The parameter `n` is no integer of at least zero.',
    status: 400,
  },
  QUERY_INVALID: {
    value: 'UNSUPPORTED',
    message: 'invalid query',
    description: 'The query has more parameters than the registry reads.',
    status: 400,
  },
  QUERY_TOO_LONG: {
    value: 'UNSUPPORTED',
    message: 'query too long',
    description: 'The query is longer than the registry reads.',
    status: 414,
  },
  // Not NAME_UNKNOWN: clients (oras) take that for a missing repository, where all that is known is that this
  // registry has no such API. The specification answers unknown extensions with UNSUPPORTED, too.
  ROUTE_UNKNOWN: {
    value: 'UNSUPPORTED',
    message: 'no such route',
    description: 'The path is not one of this API.',
    status: 404,
  },
} as const satisfies Record<RegistryErrorCode, ErrorDescriptor>;

/** The descriptor of `code`; that of UNKNOWN for a code that another version of this package has brought. */
export function errorDescriptor(code: RegistryErrorCode): ErrorDescriptor {
  return isKnownCode(code) ? ERROR_DESCRIPTORS[code] : ERROR_DESCRIPTORS.UNKNOWN;
}

/** Whether this registry has the code, and not only another version of this package. */
export function isKnownCode(code: RegistryErrorCode): boolean {
  return Object.hasOwn(ERROR_DESCRIPTORS, code);
}

/** The line for people that an answer with this error has. */
export function errorMessage({ code, detail = {} }: RegistryError): string {
  const { message, specificMessage } = errorDescriptor(code);
  return specificMessage?.(detail) ?? message;
}

/**
 * The headers of an answer whose first error this is: those of its code, then its own, which win. `Retry-After` is in
 * whole seconds, rounded up.
 */
export function errorHeaders(error: RegistryError, request: FailedRequest): Readonly<Record<string, string>> {
  const { headers, retryAfterMs } = errorDescriptor(error.code);
  const waitMs = error.retryAfterMs ?? retryAfterMs;
  return {
    ...headers?.(error, request),
    ...(waitMs === undefined ? {} : { 'Retry-After': String(Math.ceil(Math.min(waitMs, MAX_RETRY_AFTER_MS) / 1000)) }),
    ...error.headers,
  };
}
