import type { ExtensionResponse } from '../../../core/ports/route-extension.ts';

type OAuthErrorCode = 'invalid_request' | 'invalid_grant' | 'invalid_target' | 'unsupported_grant_type';

/** A request for a token that is refused in the words of OAuth2. */
export class OAuthError extends Error {
  override readonly name = 'OAuthError';
  readonly code: OAuthErrorCode;

  /** @param message what was wrong, for the client */
  constructor(code: OAuthErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** The answer of a token endpoint (RFC 6749, section 5.2). docker reads `errors`, as in other answers of a registry. */
export function oauthErrorAnswer({ code, message }: OAuthError): ExtensionResponse {
  const errors = [{ code: code === 'invalid_grant' ? 'UNAUTHORIZED' : 'UNSUPPORTED', message }];
  return tokenAnswer({ error: code, error_description: message, errors }, 400);
}

/** An answer of a token endpoint, which no client may cache (RFC 6749, section 5.1). */
export function tokenAnswer(value: object, status = 200): ExtensionResponse {
  const headers = { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' };
  return { status, headers, body: JSON.stringify(value) };
}
