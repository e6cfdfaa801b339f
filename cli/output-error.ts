/** What a command printed could not be written. */
export class OutputError extends Error {
  override readonly name = 'OutputError';
  readonly exitCode = 1;

  constructor(cause: Error) {
    super(`standard output cannot be written: ${cause.message}`, { cause });
  }
}
