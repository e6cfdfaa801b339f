/**
 * All reasons why a request can fail. The set is closed; `api/error-descriptors` gives each code its text on the wire
 * and its HTTP status.
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
  | 'TAG_IMMUTABLE'
  | 'TAGS_TOO_MANY'
  | 'NAME_UNKNOWN'
  | 'MANIFEST_UNKNOWN'
  | 'MANIFEST_INVALID'
  | 'MANIFEST_UNVERIFIED'
  | 'MANIFEST_TOO_LARGE'
  | 'BODY_TOO_LARGE'
  | 'BODY_INVALID'
  | 'MANIFEST_BLOB_UNKNOWN'
  | 'BLOB_UNKNOWN'
  | 'BLOB_UPLOAD_UNKNOWN'
  | 'BLOB_UPLOAD_INVALID'
  | 'PAGINATION_NUMBER_INVALID'
  | 'QUERY_INVALID'
  | 'QUERY_TOO_LONG'
  | 'TOKEN_UNKNOWN'
  | 'ENTRY_UNKNOWN'
  | 'STATE_CONFLICT'
  | 'ROUTE_UNKNOWN';

/** Details of the problem, as plain JSON. */
export type ErrorDetail = Readonly<Record<string, unknown>>;

const BRAND = Symbol.for('stowage.registry-error');

/**
 * Who was refused, and by which rule, for the audit log; clients never see it. An access controller that rejects a
 * client whom it knows sets it; without it, an `UNAUTHORIZED` counts as a failed log-in.
 */
export interface Refusal {
  /** `undefined` for an anonymous client. */
  readonly actor: { readonly name: string; readonly groups?: readonly string[] | undefined } | undefined;
  /** The name of the rule that decided; absent where there are no rules. */
  readonly rule?: string | undefined;
}

/** What an error carries in addition to its code and detail. */
export interface RegistryErrorOptions {
  readonly cause?: unknown;
  /**
   * How long the client should wait before it retries, in milliseconds. The answer states it in whole seconds, at most
   * 365 days. Default: the delay of the code, if it has one.
   */
  readonly retryAfterMs?: number | undefined;
  /** Headers of the answer, such as `WWW-Authenticate`; they override those of the code. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly refusal?: Refusal | undefined;
}

/** An error that a client may see. `detail` says what was wrong with this request. */
export class RegistryError extends Error {
  override readonly name: string = 'RegistryError';
  readonly code: RegistryErrorCode;
  readonly detail: ErrorDetail | undefined;
  readonly retryAfterMs: number | undefined;
  readonly headers: Readonly<Record<string, string>> | undefined;
  readonly refusal: Refusal | undefined;

  /** @throws RangeError when `retryAfterMs` is not a finite number of at least 0 */
  constructor(code: RegistryErrorCode, detail?: ErrorDetail, options: RegistryErrorOptions = {}) {
    const { retryAfterMs, headers, refusal, ...cause } = options;
    super(detail === undefined ? code : `${code} ${JSON.stringify(detail)}`, cause);
    if (retryAfterMs !== undefined && !(retryAfterMs >= 0 && Number.isFinite(retryAfterMs))) {
      throw new RangeError(`retryAfterMs is ${retryAfterMs}; it must be a number of milliseconds, at least 0`);
    }
    this.code = code;
    this.detail = detail;
    this.retryAfterMs = retryAfterMs;
    this.headers = headers;
    this.refusal = refusal;
    Object.defineProperty(this, BRAND, { value: true });
  }

  /** Whether `error` is a RegistryError, possibly of another copy of this package. */
  static is(error: unknown, code?: RegistryErrorCode): error is RegistryError {
    if (!(error instanceof Error && BRAND in error)) return false;
    return code === undefined || ('code' in error && error.code === code);
  }
}

/** Several errors of one request, reported together, for example every layer that a manifest lacks. */
export class RegistryErrors extends RegistryError {
  override readonly name: string = 'RegistryErrors';
  readonly errors: readonly [RegistryError, ...RegistryError[]];

  constructor(errors: readonly [RegistryError, ...RegistryError[]]) {
    const [{ code, detail, retryAfterMs, headers, refusal }] = errors;
    super(code, detail, { retryAfterMs, headers, refusal });
    this.errors = errors;
  }
}

/** The request lacks the credentials that it needs; `challenge` is the value of `WWW-Authenticate`. */
export class UnauthorizedError extends RegistryError {
  readonly challenge: string;

  /** @param options.cause why, for the log: the client does not see it */
  constructor(
    challenge: string,
    detail?: ErrorDetail,
    { cause, refusal }: { readonly cause?: unknown; readonly refusal?: Refusal | undefined } = {},
  ) {
    super('UNAUTHORIZED', detail, { cause, refusal, headers: { 'WWW-Authenticate': challenge } });
    this.challenge = challenge;
  }
}
