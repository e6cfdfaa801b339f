import type { RegistryErrorCode } from '../../core/model/errors.ts';

/** The details of a failed answer. */
export interface AdvisedFailure {
  readonly code: RegistryErrorCode;
  readonly status: number;
  readonly isTransient: boolean;
  readonly retryAfterMs: number | undefined;
  readonly requestId: string | undefined;
  readonly credentialsOrigin: string | undefined;
}

/**
 * What to do after a failed answer, as a clause that ends a sentence.
 * @param host of the registry, as references name it
 */
export function adviceFor(error: AdvisedFailure, host: string): string {
  const { code, isTransient, credentialsOrigin, status } = error;
  if (isTransient) return waitAdvice(error, host);
  if (code === 'UNAUTHORIZED' || code === 'DENIED') {
    return credentialsOrigin === undefined
      ? `log in to ${host}`
      : `check the credentials from ${credentialsOrigin} and their permissions`;
  }
  if (/_UNKNOWN$/.test(code)) {
    const missing = 'check the name, the tag and the digest';
    // Many registries hide content from clients that may not see it.
    return credentialsOrigin === undefined
      ? missing
      : `${missing}, and the permissions of the credentials from ${credentialsOrigin}`;
  }
  if (status === 413) return `ask the operator of ${host}, or of a proxy in front of it, for a higher limit`;
  if (code === 'UNSUPPORTED') return `${host} does not allow this; ask its operator`;
  return `see the message of ${host}, or ask its operator`;
}

function waitAdvice({ status, retryAfterMs, credentialsOrigin, requestId }: AdvisedFailure, host: string): string {
  const seconds = Math.ceil((retryAfterMs ?? 0) / 1000);
  const when = seconds === 0 ? 'later' : `in ${seconds} seconds`;
  if (status === 429 && credentialsOrigin === undefined)
    return `try again ${when}, or log in to ${host} for a higher limit`;
  const lasting =
    requestId === undefined ? '' : `; if it persists, report request ${requestId} to the operator of ${host}`;
  return `try again ${when}${lasting}`;
}
