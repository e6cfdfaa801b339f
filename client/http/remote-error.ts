import type { WireError } from '../../core/api/error-body.ts';
import { type ErrorDetail, RegistryError, RegistryErrors } from '../../core/model/errors.ts';
import { referenceHost } from '../references/registry-host.ts';
import { remoteCode } from './remote-code.ts';
import type { FailedRequest } from './transfer-error.ts';

/** Statuses after which the same request may succeed later. */
export const TRANSIENT_STATUSES: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);

/** A failed answer. */
export interface FailedAnswer {
  readonly request: FailedRequest;
  /** The registry on whose behalf another host was asked, as in references. */
  readonly host?: string;
  readonly status: number;
  /** Empty when the body holds no error of the protocol. */
  readonly errors: readonly WireError[];
  /** What the header `Retry-After` asks for. */
  readonly retryAfterMs: number | undefined;
  /** By which the operator finds the request in the log. */
  readonly requestId: string | undefined;
  /** Where the credentials of the request come from; `undefined` for an anonymous one. */
  readonly credentialsOrigin: string | undefined;
  /** Whether the client has another proof of identity since. */
  readonly mayRepeat?: boolean;
}

/**
 * A registry answered that a request failed. `code` is that which a local registry would give; `errors` has one entry for
 * each of the answer, with its `detail`.
 */
export class RemoteError extends RegistryErrors {
  override readonly name = 'RemoteError';
  readonly request: FailedRequest;
  readonly status: number;
  /** The errors as they stand in the answer, also with codes that Stowage does not know. */
  readonly wireErrors: readonly WireError[];
  readonly requestId: string | undefined;
  readonly credentialsOrigin: string | undefined;
  /** Whether the same request may succeed later. */
  readonly isTransient: boolean;
  /** What to do next, as the end of a sentence. */
  readonly advice: string;

  constructor(answer: FailedAnswer) {
    const { request, status, errors, requestId, credentialsOrigin } = answer;
    super(registryErrors(answer));
    this.request = request;
    this.status = status;
    this.wireErrors = errors;
    this.requestId = requestId;
    this.credentialsOrigin = credentialsOrigin;
    this.isTransient = TRANSIENT_STATUSES.has(status) || answer.mayRepeat === true;
    this.advice = adviceFor(this, answer.host ?? referenceHost(new URL(request.url).host));
    const id = requestId === undefined ? '' : ` (request ${requestId})`;
    this.message = `${request.method} ${request.url}: ${status} ${errors.map(wireText).join('; ') || this.code}${id}`;
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

function wireText({ code, message }: WireError): string {
  return message === '' ? code : `${code}: ${message}`;
}

function adviceFor({ code, isTransient, credentialsOrigin }: RemoteError, host: string): string {
  if (!isTransient && (code === 'UNAUTHORIZED' || code === 'DENIED')) {
    return credentialsOrigin === undefined
      ? `log in to ${host}`
      : `check the credentials of ${credentialsOrigin}, and what they allow`;
  }
  if (isTransient) return 'try again later';
  if (/_UNKNOWN$/.test(code)) return 'check the name, the tag and the digest';
  return 'see what the registry says';
}
