/** The registry does not let this client do what is needed to verify it. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
}
