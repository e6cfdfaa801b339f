import { DriverError } from '../../core/driver/index.ts';

/** What a service answered. */
export interface StatusAnswer {
  /** The service, for the message: `Cloud Storage`. */
  readonly service: string;
  /** The status of HTTP. */
  readonly status: number;
  /** Its explanation; may be empty. */
  readonly said?: string | undefined;
  /** How long the service asks the client to wait, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
}

/** The service answered with an unexpected status. */
export class StatusError extends Error {
  override readonly name = 'StatusError';
  readonly status: number;
  readonly retryAfterMs: number | undefined;

  constructor({ service, status, said = '', retryAfterMs }: StatusAnswer) {
    super(`${service} answered ${status}${said === '' ? '' : `: ${said}`}`);
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

/** An answer ended before it was complete. */
export class TruncatedError extends Error {
  override readonly name = 'TruncatedError';
}

/** No bytes arrived within the idle time. */
export class StalledError extends TruncatedError {}

const RESETS: ReadonlySet<unknown> = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'ERR_STREAM_PREMATURE_CLOSE',
  'HPE_INVALID_EOF_STATE',
]);

/** Whether the same call may succeed a moment later. */
export function isTransient(error: unknown): boolean {
  if (error instanceof StatusError) return error.status === 408 || error.status === 429 || error.status >= 500;
  if (error instanceof TruncatedError) return true;
  return error instanceof Error && 'code' in error && RESETS.has(error.code);
}

/** Whether the service answered with one of `statuses`. */
export function hasStatus(error: unknown, ...statuses: readonly number[]): error is StatusError {
  return error instanceof StatusError && statuses.includes(error.status);
}

/** The DriverError for an answer of the service; any other error unchanged. */
export function toDriverError(error: unknown, path: string): unknown {
  if (hasStatus(error, 401, 403)) return new DriverError('denied', { path, cause: error });
  if (hasStatus(error, 412)) return new DriverError('conflict', { path, cause: error });
  return error;
}

/** The error of an object that has other bytes than those that were sent, and was removed. */
export function corrupted(service: string, bytes: string): DriverError {
  const cause = new Error(`${service} stored different bytes from those that were sent (${bytes}); they were removed`);
  return new DriverError('unavailable', { cause });
}

/** The error of a writer whose upload another writer has taken. */
export function taken(cause?: unknown): DriverError {
  return new DriverError('conflict', { cause: new Error('another writer has resumed this upload', { cause }) });
}
