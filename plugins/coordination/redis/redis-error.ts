/**
 * - `away`: there is no connection, or Redis was too slow a moment ago; the command was not sent
 * - `slow`: it did not answer in time; the command may still take effect
 * - `refused`: it answered with an error
 * - `foreign`: the stored value does not belong to this registry
 */
export type RedisErrorCode = 'away' | 'slow' | 'refused' | 'foreign';

/** A Redis command failed. The message never contains the command, so that no password gets into a log. */
export class RedisError extends Error {
  override readonly name = 'RedisError';
  readonly code: RedisErrorCode;

  constructor(code: RedisErrorCode, message: string) {
    super(message);
    this.code = code;
  }

  static is(error: unknown, code?: RedisErrorCode): error is RedisError {
    return error instanceof RedisError && (code === undefined || error.code === code);
  }
}

/** The message of a client library's error. The error itself carries the command with all its arguments. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const nested: unknown = 'lastNodeError' in error ? error.lastNodeError : undefined;
  const code = 'code' in error ? String(error.code) : error.name;
  const own = error.message === '' ? code : error.message;
  return nested instanceof Error ? `${own} ${reasonOf(nested)}` : own;
}
