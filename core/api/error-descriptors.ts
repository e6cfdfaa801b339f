import type { ErrorDetail, RegistryError, RegistryErrorCode } from '../model/errors.ts';

/** What the headers of an error depend on, in addition to the error. */
export interface FailedRequest {
  /** The methods that the client may use instead, as `Allow` lists them. */
  readonly allow: string;
}

/** How one kind of error appears on the wire. */
export interface ErrorDescriptor {
  /** The code in the JSON body; several internal codes may share one. */
  readonly value: string;
  /** One line for people; distribution's wording where it has one. */
  readonly message: string;
  /** A message built from `detail`, because most clients show only the message. Default: `message`. */
  readonly specificMessage?: (detail: ErrorDetail) => string | undefined;
  /** When the error is returned. */
  readonly description: string;
  /** The HTTP status of an answer whose first error this is. */
  readonly status: number;
  /**
   * How long the client should wait before it retries, in milliseconds, unless the error carries its own value. Absent:
   * no `Retry-After`.
   */
  readonly retryAfterMs?: number;
  /** The headers of an answer with this error. */
  readonly headers?: (error: RegistryError, request: FailedRequest) => Readonly<Record<string, string>>;
}

/** How long a client should wait when nobody knows how long the outage lasts, in milliseconds. */
const RETRY_AFTER_MS = 5_000;
/** The longest wait that an answer asks for, in milliseconds: clients reject numbers that overflow their integers. */
const MAX_RETRY_AFTER_MS = 365 * 24 * 3_600_000;

/**
 * Text, status and headers of every error. The values come from the list in distribution-spec, "Error Codes", which is
 * closed for 4XX answers. The exceptions are TAG_INVALID, MANIFEST_UNVERIFIED and PAGINATION_NUMBER_INVALID, which
 * Docker's API defines and clients know.
 */
export const ERROR_DESCRIPTORS = {
  UNKNOWN: {
    value: 'UNKNOWN',
    message: 'unknown error',
    description: 'An unexpected failure without a code of its own; the log of the registry has the cause.',
    status: 500,
  },
  UNSUPPORTED: {
    value: 'UNSUPPORTED',
    message: 'The operation is unsupported.',
    description: 'The method is not available on this route, or the configuration disables it.',
    status: 405,
    // RFC 9110 section 15.5.6.
    headers: (_, { allow }) => ({ Allow: allow }),
  },
  UNAUTHORIZED: {
    value: 'UNAUTHORIZED',
    message: 'authentication required',
    description: 'The request lacks the credentials that it needs; `WWW-Authenticate` says how to get them.',
    status: 401,
  },
  DENIED: {
    value: 'DENIED',
    message: 'requested access to the resource is denied',
    description: 'The client is authenticated but not authorized for this request.',
    status: 403,
  },
  UNAVAILABLE: {
    value: 'UNAVAILABLE',
    message: 'service unavailable',
    description: 'The registry or its storage cannot serve the request now; retry later.',
    status: 503,
    retryAfterMs: RETRY_AFTER_MS,
  },
  // Not UNAVAILABLE, which asks clients to retry: that does not help until the storage has been repaired.
  STORAGE_REFUSED: {
    value: 'UNKNOWN',
    message: 'the storage refuses this',
    description:
      'The storage denies access, or something other than a file is where a file should be: permissions, a read-only disk, ' +
      'symbolic link loops; or encrypted content is damaged. An operator must repair the storage; the log names the path.',
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
    description: 'A digest is malformed, uses an unsupported algorithm, or does not match the content.',
    status: 400,
  },
  SIZE_INVALID: {
    value: 'SIZE_INVALID',
    message: 'provided length did not match content length',
    description: 'The announced length differs from the length of what was sent.',
    status: 400,
  },
  // distribution says RANGE_INVALID, which is not on the list; the error concerns an upload.
  RANGE_INVALID: {
    value: 'BLOB_UPLOAD_INVALID',
    message: 'invalid content range',
    description: 'A chunk does not continue the upload; `Range` says how much of it the registry has.',
    status: 416,
  },
  // BLOB_UNKNOWN would make a client give up on the blob, and UNSUPPORTED would make it never ask for a range again.
  // The range does not fit the size, and nothing else is wrong.
  RANGE_NOT_SATISFIABLE: {
    value: 'SIZE_INVALID',
    message: 'requested range is not satisfiable',
    description: 'The requested range contains no byte of the blob; `Content-Range` gives the size of the blob.',
    status: 416,
    headers: ({ detail }) => ({ 'Content-Range': `bytes */${String(detail?.['size'])}` }),
  },
  NAME_INVALID: {
    value: 'NAME_INVALID',
    message: 'invalid repository name',
    description:
      'The name of the repository breaks the grammar or is too long, or a schema 1 manifest was made for another repository.',
    status: 400,
  },
  TAG_INVALID: {
    value: 'TAG_INVALID',
    message: 'manifest tag did not match URI',
    description: 'The tag breaks the grammar, or a schema 1 manifest was made for another tag.',
    status: 400,
  },
  // On DENIED, clients give up and show its message. They neither send the manifest in another format nor retry.
  TAG_IMMUTABLE: {
    value: 'DENIED',
    message: 'the tag is immutable: neither it nor its manifest can be replaced or deleted',
    // A client that deletes a manifest by digest has named no tag, or it looked the digest up from another tag.
    specificMessage: ({ tag }) =>
      typeof tag === 'string'
        ? `the tag "${tag}" is immutable: neither it nor its manifest can be replaced or deleted`
        : undefined,
    description:
      'The configuration makes the tag immutable. Push under another tag; `detail` says what this one names.',
    status: 403,
  },
  // The list has no better code: any code that means "invalid" would make clients change the manifest.
  TAGS_TOO_MANY: {
    value: 'UNSUPPORTED',
    message: 'too many tags in one request',
    description: 'The request asks for more tags than the registry sets in one request.',
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
    // Of a tag as of a time.
    specificMessage: ({ at, reason }) => (typeof at === 'string' && typeof reason === 'string' ? reason : undefined),
    description: 'The repository has no manifest under this tag or digest.',
    status: 404,
  },
  MANIFEST_INVALID: {
    value: 'MANIFEST_INVALID',
    message: 'manifest invalid',
    description: 'The manifest is malformed or not of the announced type.',
    status: 400,
  },
  MANIFEST_UNVERIFIED: {
    value: 'MANIFEST_UNVERIFIED',
    message: 'manifest failed signature verification',
    description: 'The signatures of a schema 1 manifest are not valid; `detail` says why.',
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
    description: 'The request body is larger than the extension accepts.',
    status: 413,
  },
  MANIFEST_BLOB_UNKNOWN: {
    value: 'MANIFEST_BLOB_UNKNOWN',
    message: 'blob unknown to registry',
    description:
      'The manifest refers to a blob or manifest that the repository lacks; each missing one has its own error.',
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
    description: 'The request is not a valid upload request; the upload is unchanged.',
    status: 400,
  },
  PAGINATION_NUMBER_INVALID: {
    value: 'PAGINATION_NUMBER_INVALID',
    message: 'invalid number of results requested',
    description: 'The parameter `n` is not an integer of at least 0.',
    status: 400,
  },
  QUERY_INVALID: {
    value: 'UNSUPPORTED',
    message: 'invalid query',
    specificMessage: ({ reason }) => (typeof reason === 'string' ? `invalid query: ${reason}` : undefined),
    description: 'The query has more parameters than the registry reads, or one with a value that it does not know.',
    status: 400,
  },
  BODY_INVALID: {
    value: 'UNSUPPORTED',
    message: 'invalid body',
    specificMessage: ({ reason }) => (typeof reason === 'string' ? `invalid body: ${reason}` : undefined),
    description: 'The body is not what the route reads; `detail` says why.',
    status: 400,
  },
  QUERY_TOO_LONG: {
    value: 'UNSUPPORTED',
    message: 'query too long',
    description: 'The query is longer than the registry reads.',
    status: 414,
  },
  // Not NAME_UNKNOWN: clients such as oras take that for a missing repository, but only the API is known to be missing.
  // The specification also answers unknown extensions with UNSUPPORTED.
  ROUTE_UNKNOWN: {
    value: 'UNSUPPORTED',
    message: 'no such route',
    description: 'The path is not one of this API.',
    status: 404,
  },
  TOKEN_UNKNOWN: {
    value: 'UNSUPPORTED',
    message: 'no such personal access token',
    description: 'The user has no personal access token with this id.',
    status: 404,
  },
  ENTRY_UNKNOWN: {
    value: 'UNSUPPORTED',
    message: 'no such entry',
    specificMessage: ({ reason }) => (typeof reason === 'string' ? reason : undefined),
    description: 'There is nothing of this name in a list of the admin API; `detail` says what is missing.',
    status: 404,
  },
  STATE_CONFLICT: {
    value: 'UNSUPPORTED',
    message: 'not possible now',
    specificMessage: ({ reason }) => (typeof reason === 'string' ? reason : undefined),
    description: 'The admin API cannot do this in the present state; `detail` says why.',
    status: 409,
  },
} as const satisfies Record<RegistryErrorCode, ErrorDescriptor>;

/** The descriptor of `code`; that of UNKNOWN for a code that only another version of this package has. */
export function errorDescriptor(code: RegistryErrorCode): ErrorDescriptor {
  return isKnownCode(code) ? ERROR_DESCRIPTORS[code] : ERROR_DESCRIPTORS.UNKNOWN;
}

/** Whether this version of the package has the code. An error of another version may carry a code that it lacks. */
export function isKnownCode(code: RegistryErrorCode): boolean {
  return Object.hasOwn(ERROR_DESCRIPTORS, code);
}

/** The message, for people, of an answer with this error. */
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
