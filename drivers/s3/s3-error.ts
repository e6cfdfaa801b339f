import { askedWaitMs, StatusError } from '../object-store/index.ts';

/** What Amazon's library adds to an error that is an answer. */
interface Answer {
  readonly $metadata?: { readonly httpStatusCode?: number; readonly clockSkewCorrected?: boolean };
  readonly $response?: { readonly statusCode?: number; readonly headers?: Readonly<Record<string, string>> };
}

/** The library has now read the clock of the service, and signs the next attempt by it. HEAD has no code that says so. */
const SKEWED = 503;

/**
 * The statuses of codes that do not have the status of what they mean. Some come in an answer of 200, when copying or
 * completing an upload fails late.
 */
const STATUSES: Readonly<Record<string, number>> = {
  AccessDenied: 403,
  // Another conditional write was in the way: the next attempt finds its result.
  ConditionalRequestConflict: 503,
  ExpiredToken: 403,
  InternalError: 500,
  InvalidToken: 403,
  NoSuchKey: 404,
  NoSuchUpload: 404,
  OperationAborted: 503,
  PreconditionFailed: 412,
  RequestTimeout: 408,
  RequestTimeTooSkewed: SKEWED,
  ServiceUnavailable: 503,
  SlowDown: 503,
};

/** The StatusError of an answer of the service; any other error unchanged. */
export function toStatusError(error: unknown, service: string): unknown {
  if (!(error instanceof Error)) return error;
  const { $metadata, $response } = error as Answer;
  const answered = $metadata?.httpStatusCode ?? $response?.statusCode;
  const isSkewed = error.name === 'Unknown' && answered === 403 && $metadata?.clockSkewCorrected === true;
  const status = isSkewed ? SKEWED : (STATUSES[error.name] ?? answered);
  if (answered === undefined || status === undefined) return error;
  // A body that could not be read is none of the answers above.
  if (status < 300) return new StatusError({ service, status: 502, said: error.message });
  const said = error.name === 'Error' ? error.message : `${error.name}: ${error.message}`;
  return new StatusError({ service, status, said, retryAfterMs: askedWaitMs($response?.headers?.['retry-after']) });
}
