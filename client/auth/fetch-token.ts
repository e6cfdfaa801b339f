import type { Credentials } from '../credentials/credential-source.ts';
import type { HttpAnswer } from '../http/http-answer.ts';
import { readFailure } from '../http/read-failure.ts';
import { RemoteError } from '../http/remote-error.ts';
import { failedRequest, TransferError } from '../http/transfer-error.ts';
import type { Token } from './token-cache.ts';

/** A request to a token server; it may be sent again. */
export interface TokenServerRequest {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly authorization?: { readonly header: string; readonly origin: string };
  readonly body?: Buffer;
  readonly staysOnHost: true;
}

/** What a token is got for. */
export interface TokenRequest {
  /** The registry, as in references. */
  readonly host: string;
  readonly realm: URL;
  readonly service: string | undefined;
  readonly scopes: readonly string[];
  readonly credentials: Credentials | undefined;
}

const CLIENT_ID = 'stowage';
const MAX_ANSWER_BYTES = 1024 * 1024;
/** Shorter lives are raised to this one (distribution, "Token Authentication"), in seconds. */
const MIN_LIFE_S = 60;
/** How long before its end a token is no longer sent, in milliseconds. */
const MARGIN_MS = 10_000;

/**
 * Gets a token: with an identity token by POST, with a user and a password or anonymously by GET.
 * @throws RemoteError `UNAUTHORIZED` when the credentials are refused
 */
export async function fetchToken(
  request: TokenRequest,
  send: (request: TokenServerRequest) => Promise<HttpAnswer>,
): Promise<Token> {
  const sentAt = Date.now();
  const asked = request.credentials?.identityToken === undefined ? byGet(request) : byPost(request);
  const answer = await send(asked);
  if (answer.status !== 200) throw await refusal(answer, asked.method, request);
  const body = await answer.readJson(MAX_ANSWER_BYTES);
  const { token, access_token: access, expires_in: life } = (body ?? {}) as Readonly<Record<string, unknown>>;
  const text = typeof token === 'string' && token !== '' ? token : access;
  // It goes into a header.
  if (typeof text !== 'string' || !/^[\x21-\x7e]+$/.test(text)) {
    throw new TransferError('malformed', failedRequest(asked.method, asked.url), 'the answer has no token');
  }
  const seconds = typeof life === 'number' && life > MIN_LIFE_S ? life : MIN_LIFE_S;
  return { text, expiresAt: sentAt + seconds * 1000 - MARGIN_MS, origin: request.credentials?.origin };
}

function byGet({ realm, service, scopes, credentials }: TokenRequest): TokenServerRequest {
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.set('service', service);
  for (const scope of scopes) url.searchParams.append('scope', scope);
  url.searchParams.set('client_id', CLIENT_ID);
  if (credentials === undefined) return { method: 'GET', url, staysOnHost: true };
  url.searchParams.set('account', credentials.username);
  const authorization = { header: basicAuthorization(credentials), origin: credentials.origin };
  return { method: 'GET', url, authorization, staysOnHost: true };
}

function byPost({ realm, service, scopes, credentials }: TokenRequest): TokenServerRequest {
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    refresh_token: credentials?.identityToken ?? '',
    client_id: CLIENT_ID,
    ...(service === undefined ? {} : { service }),
    ...(scopes.length === 0 ? {} : { scope: scopes.join(' ') }),
  });
  return {
    method: 'POST',
    url: realm,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: Buffer.from(form.toString()),
    staysOnHost: true,
  };
}

/** The header for a user and a password (RFC 7617). */
export function basicAuthorization({ username, password }: Credentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

// RFC 6749 section 5.2: a refresh token that is refused is answered by 400.
async function refusal(
  answer: HttpAnswer,
  method: 'GET' | 'POST',
  { host, credentials }: TokenRequest,
): Promise<RemoteError> {
  const { request, status, requestId, wireErrors: errors, retryAfterMs } = await readFailure(answer);
  return new RemoteError({
    ...{ request, host, errors, requestId, retryAfterMs, credentialsOrigin: credentials?.origin },
    status: method === 'POST' && status === 400 ? 401 : status,
  });
}
