import type { RegistryErrorCode } from '../../core/model/errors.ts';

/** What is known of a failed answer. */
export interface AdvisedFailure {
  readonly code: RegistryErrorCode;
  readonly status: number;
  readonly isTransient: boolean;
  readonly retryAfterMs: number | undefined;
  readonly requestId: string | undefined;
  readonly credentialsOrigin: string | undefined;
}

/**
 * What to do after a failed answer, as the end of a sentence.
 * @param host of the registry, as references name it
 */
export function adviceFor(error: AdvisedFailure, host: string): string {
  const { code, isTransient, credentialsOrigin, status } = error;
  if (isTransient) return waitAdvice(error, host);
  if (code === 'UNAUTHORIZED' || code === 'DENIED') {
    return credentialsOrigin === undefined
      ? `log in to ${host}`
      : `check the credentials of ${credentialsOrigin}, and what they allow`;
  }
  if (/_UNKNOWN$/.test(code)) {
    const missing = 'check the name, the tag and the digest';
    // Many registries do not say that something exists to those who may not see it.
    return credentialsOrigin === undefined
      ? missing
      : `${missing}, and what the credentials of ${credentialsOrigin} allow`;
  }
  if (status === 413) return `ask the operator of ${host}, or of a proxy before it, for a higher limit`;
  if (code === 'UNSUPPORTED') return `${host} does not allow this; ask its operator`;
  return `see what ${host} says, or ask its operator`;
}

function waitAdvice({ status, retryAfterMs, credentialsOrigin, requestId }: AdvisedFailure, host: string): string {
  const seconds = Math.ceil((retryAfterMs ?? 0) / 1000);
  const when = seconds === 0 ? 'later' : `in ${seconds} seconds`;
  if (status === 429 && credentialsOrigin === undefined)
    return `try again ${when}, or log in to ${host} for a higher limit`;
  const lasting = requestId === undefined ? '' : `; if it lasts, give ${requestId} to the operator of ${host}`;
  return `try again ${when}${lasting}`;
}
