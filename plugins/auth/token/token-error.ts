/**
 * Why a token is rejected. The message is for the log of the registry: it may name keys, but never quotes the token.
 */
export class TokenError extends Error {
  override readonly name = 'TokenError';
}
