import { RegistryError, type RegistryErrorCode } from '../../core/model/errors.ts';

/** Why a registry returned no answer, or an unusable one. */
export type TransferReason =
  | 'unknown-host'
  | 'refused'
  | 'time-out'
  | 'cut'
  | 'untrusted'
  | 'no-tls'
  | 'tls-only'
  | 'client-certificate'
  | 'proxy'
  | 'redirect'
  | 'challenge'
  | 'pagination'
  | 'malformed'
  | 'wrong-digest'
  | 'wrong-size'
  | 'too-large'
  | 'closed';

interface ReasonDescriptor {
  readonly code: RegistryErrorCode;
  /** Whether the same request may succeed later. */
  readonly isTransient: boolean;
  /** What to do next. */
  readonly advice: string;
}

const REASONS: Readonly<Record<TransferReason, ReasonDescriptor>> = {
  'unknown-host': { code: 'UNAVAILABLE', isTransient: false, advice: 'check the name of the registry' },
  refused: { code: 'UNAVAILABLE', isTransient: true, advice: 'check the port, and that the registry is running' },
  'time-out': { code: 'UNAVAILABLE', isTransient: true, advice: 'try again; transfers resume where they stopped' },
  cut: { code: 'UNAVAILABLE', isTransient: true, advice: 'try again; transfers resume where they stopped' },
  untrusted: {
    code: 'UNAVAILABLE',
    isTransient: false,
    advice: 'provide the CA certificate, or declare the registry as insecure',
  },
  'no-tls': {
    code: 'UNAVAILABLE',
    isTransient: false,
    advice: 'allow plain HTTP if the registry does not speak TLS',
  },
  'tls-only': { code: 'UNAVAILABLE', isTransient: false, advice: 'do not request plain HTTP' },
  'client-certificate': {
    code: 'UNAUTHORIZED',
    isTransient: false,
    advice: 'provide a client certificate that the registry trusts, with its key',
  },
  proxy: { code: 'UNAVAILABLE', isTransient: false, advice: 'check HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY' },
  redirect: { code: 'UNKNOWN', isTransient: false, advice: 'tell the operator of the registry' },
  challenge: { code: 'UNAUTHORIZED', isTransient: false, advice: 'tell the operator of the registry' },
  pagination: { code: 'UNKNOWN', isTransient: false, advice: 'tell the operator of the registry' },
  malformed: { code: 'UNKNOWN', isTransient: false, advice: 'check that this is a container registry' },
  'wrong-digest': {
    code: 'DIGEST_INVALID',
    isTransient: false,
    advice: 'do not use this content; tell the operator of the registry',
  },
  'wrong-size': { code: 'SIZE_INVALID', isTransient: false, advice: 'tell the operator of the registry' },
  'too-large': { code: 'SIZE_INVALID', isTransient: false, advice: 'check that this is the intended content' },
  closed: { code: 'UNAVAILABLE', isTransient: false, advice: 'open the registry again' },
};

/** The request that failed. */
export interface FailedRequest {
  readonly method: string;
  /** Without user, password and query, which can contain secrets. */
  readonly url: string;
}

/**
 * There was no answer, or it breaks the protocol, and nothing of it was used. `reason` determines `code`, which
 * represents the failure where an error of a local registry is expected.
 */
export class TransferError extends RegistryError {
  override readonly name = 'TransferError';
  readonly reason: TransferReason;
  readonly request: FailedRequest;
  /** Whether the same request may succeed later. */
  readonly isTransient: boolean;
  /** What to do next, as a clause that ends a sentence. */
  readonly advice: string;
  readonly #explanation: string;

  /** @param explanation what happened, without the request */
  constructor(
    reason: TransferReason,
    request: FailedRequest,
    explanation: string,
    { isFinal = false, ...options }: ErrorOptions & { readonly isFinal?: boolean } = {},
  ) {
    const { code, isTransient, advice } = REASONS[reason];
    super(code, { reason, ...request }, options);
    this.#explanation = explanation;
    this.message = `${request.method} ${request.url}: ${explanation}`;
    this.reason = reason;
    this.request = request;
    this.isTransient = isTransient && !isFinal;
    this.advice = advice;
  }

  /** Marks the error as final after all worthwhile attempts, so that no caller multiplies them. */
  final(): TransferError {
    return new TransferError(this.reason, this.request, this.#explanation, { cause: this.cause, isFinal: true });
  }
}

/** A request in the form that errors show. */
export function failedRequest(method: string, url: URL): FailedRequest {
  return { method, url: `${url.origin}${url.pathname}` };
}
