/** Thrown by a job that cannot do its work on this storage: it is not run again before the next start. */
export class JobUnsupportedError extends Error {
  override readonly name = 'JobUnsupportedError';
}
