import type { HttpAnswer } from '../http/http-answer.ts';
import { readFailure } from '../http/read-failure.ts';
import { RemoteError } from '../http/remote-error.ts';
import { failedRequest, TransferError } from '../http/transfer-error.ts';
import type { Token } from './token-cache.ts';
import { type TokenRequest, type TokenServerRequest, tokenRequests } from './token-requests.ts';

const MAX_ANSWER_BYTES = 1024 * 1024;
/** The life of a token that does not state one (distribution, "Token Authentication"), in seconds. */
const DEFAULT_LIFE_S = 60;
/** How long before its expiry a token is no longer sent, in milliseconds, unless it is short-lived. */
const MARGIN_MS = 10_000;
/** The last part of its life in which a short-lived token is no longer sent. */
const MARGIN_SHARE = 0.2;
/**
 * The statuses with which token servers answer a grant that they do not support: they differ, and not all use 405. A
 * 400 to a GET is about its scopes.
 */
const UNSUPPORTED: Readonly<Record<'GET' | 'POST', ReadonlySet<number>>> = {
  GET: new Set([404, 405, 501]),
  POST: new Set([400, 404, 405, 501]),
};
/** RFC 6749 section 5.2: the grant is supported, but the credentials are not valid. */
const REFUSED = new Set(['invalid_grant', 'invalid_client', 'unauthorized_client', 'invalid_scope', 'access_denied']);

/**
 * Gets a token, with the first request of {@link tokenRequests} that the token server supports.
 * @throws RemoteError `UNAUTHORIZED` when the credentials are rejected
 */
export async function fetchToken(
  request: TokenRequest,
  ask: <Result>(request: TokenServerRequest, read: (answer: HttpAnswer) => Promise<Result>) => Promise<Result>,
): Promise<Token> {
  let unsupported: RemoteError | undefined;
  for (const asked of tokenRequests(request)) {
    const sentAt = Date.now();
    const { token, error, isUnsupported } = await ask(asked, async (answer): Promise<Outcome> => {
      if (answer.status !== 200) return refusal(answer, asked, request);
      return { token: tokenIn(await answer.readJson(MAX_ANSWER_BYTES), { request, asked, sentAt }) };
    });
    if (token !== undefined) return token;
    if (isUnsupported !== true) throw error;
    unsupported ??= error;
  }
  throw unsupported ?? new TypeError('there is no way to request a token');
}

/** A token, or the reason why there is none. */
type Outcome =
  | { readonly token: Token; readonly error?: undefined; readonly isUnsupported?: undefined }
  | { readonly token?: undefined; readonly error: RemoteError; readonly isUnsupported: boolean };

function tokenIn(
  body: unknown,
  {
    request,
    asked,
    sentAt,
  }: { readonly request: TokenRequest; readonly asked: TokenServerRequest; readonly sentAt: number },
): Token {
  const fields = (body ?? {}) as Readonly<Record<string, unknown>>;
  const { token, access_token: access, expires_in: life, refresh_token: refresh } = fields;
  const text = typeof token === 'string' && token !== '' ? token : access;
  // The token is sent in a header.
  if (typeof text !== 'string' || !/^[\x21-\x7e]+$/.test(text)) {
    throw new TransferError('malformed', failedRequest(asked.method, asked.url), 'the answer has no token');
  }
  const lifeMs = (typeof life === 'number' && life > 0 ? life : DEFAULT_LIFE_S) * 1000;
  return {
    text,
    expiresAt: sentAt + lifeMs - Math.min(MARGIN_MS, lifeMs * MARGIN_SHARE),
    origin: request.credentials?.origin,
    refreshToken: typeof refresh === 'string' && refresh !== '' ? refresh : undefined,
  };
}

async function refusal(
  answer: HttpAnswer,
  { method }: TokenServerRequest,
  { host, credentials }: TokenRequest,
): Promise<Outcome> {
  const { request, status, requestId, wireErrors, bodyText, retryAfterMs, oauthError } = await readFailure(answer);
  const isRefused = REFUSED.has(oauthError ?? '');
  const error = new RemoteError({
    ...{ request, host, errors: wireErrors, bodyText, requestId, retryAfterMs, oauthError },
    credentialsOrigin: credentials?.origin,
    // RFC 6749 answers a rejected grant with 400.
    status: method === 'POST' && status === 400 ? 401 : status,
  });
  return { error, isUnsupported: UNSUPPORTED[method].has(status) && !isRefused };
}
