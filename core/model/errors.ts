/**
 * Every way in which a request can be wrong or cannot be served. The set is closed; `api/error-descriptors`
 * gives each code its text on the wire and its HTTP status.
 */
export type RegistryErrorCode =
  | 'UNKNOWN'
  | 'UNSUPPORTED'
  | 'UNAUTHORIZED'
  | 'DENIED'
  | 'UNAVAILABLE'
  | 'STORAGE_REFUSED'
  | 'TOOMANYREQUESTS'
  | 'DIGEST_INVALID'
  | 'SIZE_INVALID'
  | 'RANGE_INVALID'
  | 'RANGE_NOT_SATISFIABLE'
  | 'NAME_INVALID'
  | 'TAG_INVALID'
  | 'TAGS_TOO_MANY'
  | 'NAME_UNKNOWN'
  | 'MANIFEST_UNKNOWN'
  | 'MANIFEST_INVALID'
  | 'MANIFEST_TOO_LARGE'
  | 'BODY_TOO_LARGE'
  | 'MANIFEST_BLOB_UNKNOWN'
  | 'BLOB_UNKNOWN'
  | 'BLOB_UPLOAD_UNKNOWN'
  | 'BLOB_UPLOAD_INVALID'
  | 'PAGINATION_NUMBER_INVALID'
  | 'QUERY_INVALID'
  | 'QUERY_TOO_LONG'
  | 'ROUTE_UNKNOWN';

/** What was wrong, as plain JSON. */
export type ErrorDetail = Readonly<Record<string, unknown>>;

const BRAND = Symbol.for('stowage.registry-error');

/** An error that a client may see. `detail` says what was wrong with this request. */
export class RegistryError extends Error {
  override readonly name: string = 'RegistryError';
  readonly code: RegistryErrorCode;
  readonly detail: ErrorDetail | undefined;

  constructor(code: RegistryErrorCode, detail?: ErrorDetail, options?: { cause?: unknown }) {
    super(detail === undefined ? code : `${code} ${JSON.stringify(detail)}`, options);
    this.code = code;
    this.detail = detail;
    Object.defineProperty(this, BRAND, { value: true });
  }

  /** Whether `error` is a RegistryError, also one of another copy of this package. */
  static is(error: unknown, code?: RegistryErrorCode): error is RegistryError {
    if (!(error instanceof Error && BRAND in error)) return false;
    return code === undefined || ('code' in error && error.code === code);
  }
}

/** Several errors of one request, reported together, for example every layer that a manifest lacks. */
export class RegistryErrors extends RegistryError {
  override readonly name = 'RegistryErrors';
  readonly errors: readonly [RegistryError, ...RegistryError[]];

  constructor(errors: readonly [RegistryError, ...RegistryError[]]) {
    super(errors[0].code, errors[0].detail);
    this.errors = errors;
  }
}

/** The request needs credentials that it lacks; `challenge` is the value of `WWW-Authenticate`. */
export class UnauthorizedError extends RegistryError {
  readonly challenge: string;

  constructor(challenge: string, detail?: ErrorDetail) {
    super('UNAUTHORIZED', detail);
    this.challenge = challenge;
  }
}
