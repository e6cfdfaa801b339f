/** Why a token is refused. The message is for the log of the registry: it may name keys, and never quotes the token. */
export class TokenError extends Error {
  override readonly name = 'TokenError';
}
