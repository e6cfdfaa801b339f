/** Credentials could not be read or stored. The message names the file or the program, and says what to do. */
export class CredentialsError extends Error {
  override readonly name = 'CredentialsError';
  /** The file or the program. */
  readonly origin: string;

  constructor(origin: string, message: string, options?: ErrorOptions) {
    super(`${origin}: ${message}`, options);
    this.origin = origin;
  }
}
