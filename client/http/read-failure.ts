import { parseErrorBody } from '../../core/api/error-body.ts';
import { bodyText } from './body-text.ts';
import type { HttpAnswer } from './http-answer.ts';
import { RemoteError } from './remote-error.ts';
import { retryAfterMs } from './retry-after.ts';
import { TransferError } from './transfer-error.ts';
import { saysWantsTls } from './wants-tls.ts';

const MAX_ERROR_BYTES = 64 * 1024;

/** Reads a failed answer. */
export async function readFailure(answer: HttpAnswer): Promise<RemoteError> {
  const body = await answer.readStart(MAX_ERROR_BYTES);
  const errors = parseErrorBody(body);
  const { text, oauthError } = bodyText(body);
  return new RemoteError({
    request: answer.request,
    status: answer.status,
    errors,
    bodyText: errors.length > 0 ? '' : text,
    oauthError,
    retryAfterMs: retryAfterMs(answer.header('retry-after'), new Date()),
    requestId: answer.header('x-request-id') ?? requestIdIn(body),
    credentialsOrigin: answer.credentialsOrigin,
    mayRepeat: answer.mayRepeat,
  });
}

/**
 * Returns the answer if its status is one of these.
 * @throws RemoteError for any other status
 * @throws TransferError `tls-only` when the answer says that the host requires TLS
 */
export async function expectStatus(answer: HttpAnswer, ...statuses: readonly number[]): Promise<HttpAnswer> {
  if (statuses.includes(answer.status)) return answer;
  const failure = await readFailure(answer);
  const wantsTls = answer.status === 400 && answer.url.protocol === 'http:' && saysWantsTls(failure.message);
  throw wantsTls ? new TransferError('tls-only', answer.request, 'the host requires TLS on this port') : failure;
}

function requestIdIn(text: string): string | undefined {
  return /"requestId":"([\w.:-]{1,128})"/.exec(text)?.[1];
}
