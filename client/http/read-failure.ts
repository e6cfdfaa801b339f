import { parseErrorBody } from '../../core/api/error-body.ts';
import type { HttpAnswer } from './http-answer.ts';
import { RemoteError } from './remote-error.ts';
import { retryAfterMs } from './retry-after.ts';

const MAX_ERROR_BYTES = 64 * 1024;

/** Reads what a failed answer says. */
export async function readFailure(answer: HttpAnswer): Promise<RemoteError> {
  const text = await answer.readStart(MAX_ERROR_BYTES);
  return new RemoteError({
    request: answer.request,
    status: answer.status,
    errors: parseErrorBody(text),
    retryAfterMs: retryAfterMs(answer.header('retry-after'), new Date()),
    requestId: answer.header('x-request-id') ?? requestIdIn(text),
    credentialsOrigin: answer.credentialsOrigin,
    mayRepeat: answer.mayRepeat,
  });
}

/**
 * The answer, if its status is one of these.
 * @throws RemoteError for any other
 */
export async function expectStatus(answer: HttpAnswer, ...statuses: readonly number[]): Promise<HttpAnswer> {
  if (statuses.includes(answer.status)) return answer;
  throw await readFailure(answer);
}

function requestIdIn(text: string): string | undefined {
  return /"requestId":"([\w.:-]{1,128})"/.exec(text)?.[1];
}
