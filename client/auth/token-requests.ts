import type { Credentials } from '../credentials/credential-source.ts';

/** A request to a token server; it may be repeated. */
export interface TokenServerRequest {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly authorization?: { readonly header: string; readonly origin: string };
  readonly body?: Buffer;
  readonly staysOnHost: true;
}

/** The parameters of a request for a token. */
export interface TokenRequest {
  /** The registry, as references name it. */
  readonly host: string;
  readonly realm: URL;
  readonly service: string | undefined;
  readonly scopes: readonly string[];
  readonly credentials: Credentials | undefined;
}

const CLIENT_ID = 'stowage';

/**
 * The ways to request a token, the most likely first, as Docker and containerd know them: an identity token is
 * exchanged by POST (distribution, "Token Authentication with OAuth2"); a user and a password are sent by GET with
 * Basic, and if the token server does not support that, by POST; without credentials the token is anonymous.
 */
export function tokenRequests(request: TokenRequest): readonly TokenServerRequest[] {
  const { credentials } = request;
  if (credentials === undefined) return [byGet(request)];
  const { username, password, identityToken } = credentials;
  const hasPassword = username !== '' && password !== '';
  if (identityToken !== undefined) {
    const exchanged = byPost(request, { grant_type: 'refresh_token', refresh_token: identityToken });
    return hasPassword ? [exchanged, byGet(request)] : [exchanged];
  }
  return hasPassword
    ? [byGet(request), byPost(request, { grant_type: 'password', username, password })]
    : [byGet(request)];
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

function byPost({ realm, service, scopes }: TokenRequest, grant: Readonly<Record<string, string>>): TokenServerRequest {
  const form = new URLSearchParams({
    ...grant,
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
