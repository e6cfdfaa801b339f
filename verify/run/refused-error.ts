/** The registry does not allow this client what is needed to verify it. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
}
