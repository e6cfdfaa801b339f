import type { WireError } from '../../core/api/error-body.ts';
import { errorMessage } from '../../core/api/error-descriptors.ts';
import { type ErrorDetail, RegistryError, RegistryErrors } from '../../core/model/errors.ts';
import { referenceHost } from '../references/registry-host.ts';
import { detailText } from './detail-text.ts';
import { adviceFor } from './remote-advice.ts';
import { remoteCode } from './remote-code.ts';
import type { FailedRequest } from './transfer-error.ts';

/** The names of statuses (RFC 9110 section 15), which not every server sends. */
const STATUS_TEXTS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  413: 'Content Too Large',
  416: 'Range Not Satisfiable',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

/** Statuses after which the same request may succeed later. */
export const TRANSIENT_STATUSES: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);

/** A failed answer. */
export interface FailedAnswer {
  readonly request: FailedRequest;
  /** The registry on whose behalf another host was contacted, as references name it. */
  readonly host?: string;
  readonly status: number;
  /** Empty when the body contains no error of the protocol. */
  readonly errors: readonly WireError[];
  /** The text of any other body, for a message; absent or empty if there is none. */
  readonly bodyText?: string;
  /** The OAuth error code of a token server. */
  readonly oauthError?: string | undefined;
  /** The wait that the header `Retry-After` asks for, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** The id by which the operator finds the request in the log. */
  readonly requestId: string | undefined;
  /** The source of the credentials of the request; `undefined` for an anonymous one. */
  readonly credentialsOrigin: string | undefined;
  /** Whether the client has obtained new credentials since. */
  readonly mayRepeat?: boolean;
}

/**
 * A registry answered a request with a failure. `code` is the one that a local registry would use; `errors` has one
 * entry for each error of the answer, with its `detail`. The message summarises the answer in words, whatever its
 * format.
 */
export class RemoteError extends RegistryErrors {
  override readonly name = 'RemoteError';
  readonly request: FailedRequest;
  readonly status: number;
  /** The errors of the answer, including codes that Stowage does not know. */
  readonly wireErrors: readonly WireError[];
  /** The text of a body without such errors: the title of an HTML page, a message, a line of text; otherwise empty. */
  readonly bodyText: string;
  /** The OAuth error code. */
  readonly oauthError: string | undefined;
  readonly requestId: string | undefined;
  readonly credentialsOrigin: string | undefined;
  /** Whether the same request may succeed later. */
  readonly isTransient: boolean;
  /** What to do next, as a clause that ends a sentence. */
  readonly advice: string;

  constructor(answer: FailedAnswer) {
    const { request, status, errors, requestId, credentialsOrigin } = answer;
    super(registryErrors(answer));
    this.request = request;
    this.status = status;
    this.wireErrors = errors;
    this.bodyText = answer.bodyText ?? '';
    this.oauthError = answer.oauthError;
    this.requestId = requestId;
    this.credentialsOrigin = credentialsOrigin;
    this.isTransient = TRANSIENT_STATUSES.has(status) || answer.mayRepeat === true;
    this.advice = adviceFor(this, answer.host ?? referenceHost(new URL(request.url).host));
    const id = requestId === undefined ? '' : ` (request ${requestId})`;
    this.message = `${request.method} ${request.url}: ${status} ${textOf(this)}${id}`;
  }
}

function registryErrors({
  request,
  status,
  errors,
  retryAfterMs,
}: FailedAnswer): readonly [RegistryError, ...RegistryError[]] {
  const options = { retryAfterMs };
  const [first = new RegistryError(remoteCode(undefined, status, request.url), undefined, options), ...others] =
    errors.map(
      ({ code, detail }) => new RegistryError(remoteCode(code, status, request.url), detailOf(detail), options),
    );
  return [first, ...others];
}

function detailOf(detail: unknown): ErrorDetail | undefined {
  if (detail === undefined || detail === null) return undefined;
  return typeof detail === 'object' && !Array.isArray(detail) ? (detail as ErrorDetail) : { detail };
}

function textOf(error: RemoteError): string {
  const { wireErrors, request, status, bodyText, code } = error;
  if (wireErrors.length > 0) return wireErrors.map((each) => wireText(each, request)).join('; ');
  const meaning = code === 'UNKNOWN' || code === 'UNAVAILABLE' ? undefined : `${code}: ${errorMessage(error)}`;
  const said = bodyText === '' ? undefined : `${STATUS_TEXTS[status] ?? code} (${bodyText})`;
  return said ?? meaning ?? STATUS_TEXTS[status] ?? code;
}

function wireText({ code, message, detail }: WireError, { url }: FailedRequest): string {
  const text = message === '' ? code : `${code}: ${message}`;
  // Names, tags and digests appear unescaped in a URL, except for colons.
  const more = detailText(detail, `${text} ${url.replaceAll(/%3a/gi, ':')}`);
  return more === '' ? text : `${text} (${more})`;
}
