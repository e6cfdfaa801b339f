import { RegistryError, UnauthorizedError } from '../../../core/model/errors.ts';
import type { AccessRequest } from '../../../core/ports/access-controller.ts';
import type { ExtensionRequest, ExtensionResponse, ExtensionRoute } from '../../../core/ports/route-extension.ts';
import { parseBasicCredentials } from '../basic-credentials.ts';
import { bearerTokenOf } from '../bearer-token.ts';
import { formatChallenge } from '../challenge.ts';
import type { CredentialAccess } from '../credentials/credential-access.ts';
import type { Identity } from '../credentials/identity.ts';
import { formatScopes, parseScopes, type Scope, ScopeError } from '../scope.ts';
import { TokenError } from '../token/token-error.ts';
import type { EmbeddedTokens } from './embedded-tokens.ts';
import { OAuthError, oauthErrorAnswer, tokenAnswer } from './oauth-error.ts';
import type { RefreshTokens } from './refresh-tokens.ts';

/** The grant that exchanges a token of an OpenID Connect provider (RFC 8693). */
const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:';
const ACCESS_TOKEN = `${TOKEN_TYPE}access_token`;
const SUBJECT_TYPES = [`${TOKEN_TYPE}id_token`, `${TOKEN_TYPE}jwt`, ACCESS_TOKEN];
const ISSUED_TYPES = [ACCESS_TOKEN, `${TOKEN_TYPE}jwt`];

/** A form has a user, a password or a token, and some scopes. */
const MAX_FORM_BYTES = 64 * 1024;

/** A refused log-in, for the log. */
export interface RefusedLogIn {
  /** The `Authorization` header; `undefined` where the client sent a token in the form. */
  readonly authorization: string | undefined;
  readonly reason: string;
}

/** The dependencies of the endpoint. */
export interface TokenEndpointDependencies {
  /** Authenticates users by their credentials. */
  readonly controller: CredentialAccess;
  readonly tokens: EmbeddedTokens;
  readonly refreshTokens: RefreshTokens;
  /** Whether tokens are issued at the moment. */
  readonly offersTokens: () => boolean;
  readonly reportFailure: (refused: RefusedLogIn, request: ExtensionRequest) => void;
  /** The part of the scopes that the user, or an anonymous client, may have. */
  readonly grant: (
    identity: Identity | undefined,
    scopes: readonly Scope[],
    address: string | undefined,
  ) => readonly Scope[];
}

/**
 * The embedded token server: `GET /auth/token` (distribution, "Token authentication specification"), `POST /auth/token` (OAuth2
 * with the grants `password` and `refresh_token`, and token exchange) and `GET /auth/keys`, the public keys. A client without
 * credentials also gets a token. Scopes that a client may not have are left out of its token, without an error.
 */
export function tokenEndpoint(dependencies: TokenEndpointDependencies): readonly ExtensionRoute[] {
  const endpoint = new TokenEndpoint(dependencies);
  return [
    {
      path: '/token',
      methods: [
        { method: 'GET', access: 'public', handle: (request) => endpoint.get(request) },
        { method: 'POST', access: 'public', handle: (request) => endpoint.post(request) },
      ],
    },
    { path: '/keys', methods: [{ method: 'GET', access: 'public', handle: () => endpoint.keys() }] },
  ];
}

/** Exchanges what a form proves for an identity. */
type OAuthGrant = (form: URLSearchParams, request: ExtensionRequest) => Promise<Identity>;

class TokenEndpoint {
  readonly #dependencies: TokenEndpointDependencies;
  readonly #grants: ReadonlyMap<string, OAuthGrant>;

  constructor(dependencies: TokenEndpointDependencies) {
    this.#dependencies = dependencies;
    this.#grants = new Map<string, OAuthGrant>([
      ['password', (form, request) => this.#byPassword(form, request)],
      ['refresh_token', (form, request) => this.#byRefreshToken(form, request)],
      [TOKEN_EXCHANGE, (form, request) => this.#byExchange(form, request)],
    ]);
  }

  async get(request: ExtensionRequest): Promise<ExtensionResponse> {
    const { query, headers, address } = request;
    const { tokens, grant } = this.#dependencies;
    this.#require(query.get('service'));
    const scopes = scopesIn(query.getAll('scope'));
    const authorization = headers['authorization'] ?? '';
    const identity = authorization === '' ? undefined : await this.#identify(request, authorization);
    const { token, expiresIn, issuedAt } = await tokens.issue(identity, grant(identity, scopes, address));
    request.audit({ action: 'token-issued', actor: identity?.actor });
    return tokenAnswer({
      ...{ token, access_token: token, expires_in: expiresIn, issued_at: issuedAt.toISOString() },
      ...(await this.#offline(query.get('offline_token') === 'true', identity)),
    });
  }

  async post(request: ExtensionRequest): Promise<ExtensionResponse> {
    const form = new URLSearchParams(Buffer.from(await request.readBody(MAX_FORM_BYTES)).toString());
    this.#require(form.get('service'));
    const { tokens, grant } = this.#dependencies;
    const scopes = scopesIn(form.getAll('scope'));
    let identity: Identity;
    try {
      identity = await this.#grantOf(form)(form, request);
    } catch (error) {
      if (error instanceof OAuthError) return oauthErrorAnswer(error);
      throw error;
    }
    const granted = grant(identity, scopes, request.address);
    const { token, expiresIn, issuedAt } = await tokens.issue(identity, granted);
    request.audit({ action: 'token-issued', actor: identity.actor });
    const type = form.get('grant_type');
    const isNew = type === 'password' && form.get('access_type') === 'offline';
    return tokenAnswer({
      ...{ access_token: token, token, scope: formatScopes(granted), token_type: 'Bearer' },
      ...(type === TOKEN_EXCHANGE && { issued_token_type: ACCESS_TOKEN }),
      ...{ expires_in: expiresIn, issued_at: issuedAt.toISOString() },
      ...(await this.#offline(isNew, identity)),
    });
  }

  /** Only while tokens are issued: whoever has the key of a weak secret could guess the secret. */
  async keys(): Promise<ExtensionResponse> {
    this.#require(null);
    return tokenAnswer(await this.#dependencies.tokens.publicKeys());
  }

  async #offline(isAskedFor: boolean, identity: Identity | undefined): Promise<{ refresh_token?: string }> {
    const token = isAskedFor ? await this.#dependencies.refreshTokens.issue(identity) : undefined;
    return token === undefined ? {} : { refresh_token: token };
  }

  #grantOf(form: URLSearchParams): OAuthGrant {
    const type = required(form, 'grant_type');
    const grant = this.#grants.get(type);
    if (grant !== undefined) return grant;
    const known = [...this.#grants.keys()].join(' and ');
    throw new OAuthError('unsupported_grant_type', `the supported grants are ${known}`);
  }

  #byPassword(form: URLSearchParams, request: ExtensionRequest): Promise<Identity> {
    const pair = `${required(form, 'username')}:${required(form, 'password')}`;
    return this.#identify(request, `Basic ${Buffer.from(pair).toString('base64')}`);
  }

  async #byRefreshToken(form: URLSearchParams, request: ExtensionRequest): Promise<Identity> {
    const { controller, refreshTokens, reportFailure } = this.#dependencies;
    try {
      const { actor, credential } = await refreshTokens.redeem(required(form, 'refresh_token'));
      const current = await controller.current(actor.name, credential);
      if (current === undefined) throw new TokenError('its user was removed, or its credentials have ended');
      return { actor, credential, ...current };
    } catch (error) {
      if (!(error instanceof TokenError)) throw error;
      const reason = `the refresh token is not valid: ${error.message}`;
      request.audit({ action: 'login', outcome: 'refused', reason });
      reportFailure({ authorization: undefined, reason }, request);
      throw new OAuthError('invalid_grant', 'the refresh token is not valid any more; log in again');
    }
  }

  async #byExchange(form: URLSearchParams, request: ExtensionRequest): Promise<Identity> {
    const { controller, tokens, reportFailure } = this.#dependencies;
    const token = required(form, 'subject_token');
    const [type, issued] = [required(form, 'subject_token_type'), form.get('requested_token_type') ?? ACCESS_TOKEN];
    if (!SUBJECT_TYPES.includes(type)) throw new OAuthError('invalid_request', 'the subject token must be a JWT');
    if (!ISSUED_TYPES.includes(issued)) throw new OAuthError('invalid_request', 'only access tokens are issued');
    if ((form.get('audience') ?? tokens.service) !== tokens.service) {
      throw new OAuthError('invalid_target', `tokens are for the audience "${tokens.service}"`);
    }
    if (form.has('actor_token')) throw new OAuthError('invalid_request', 'nobody acts for somebody else here');
    request.audit({ action: 'login', actor: undefined });
    try {
      // A token of this registry is no credential, so none is renewed here.
      return await controller.identify(asking(request, `Bearer ${token}`));
    } catch (error) {
      if (!RegistryError.is(error, 'UNAUTHORIZED')) throw error;
      const reason = reasonOf(error);
      request.audit({ action: 'login', outcome: 'refused', reason });
      reportFailure({ authorization: undefined, reason }, request);
      throw new OAuthError('invalid_request', 'the subject token is not valid');
    }
  }

  async #identify(request: ExtensionRequest, authorization: string): Promise<Identity> {
    const { controller, tokens, reportFailure } = this.#dependencies;
    const name = parseBasicCredentials(authorization)?.user;
    request.audit({ action: 'login', actor: name === undefined ? undefined : { name } });
    // Tokens are not accepted here: otherwise a short-lived one could be renewed for ever.
    if (bearerTokenOf(authorization) !== undefined) {
      throw new UnauthorizedError(formatChallenge('Basic', { realm: tokens.service }), {
        reason: 'a token is obtained with a user name and a password',
      });
    }
    try {
      return await controller.identify(asking(request, authorization));
    } catch (error) {
      if (RegistryError.is(error, 'UNAUTHORIZED')) reportFailure({ authorization, reason: reasonOf(error) }, request);
      throw error;
    }
  }

  #require(service: string | null): void {
    const { tokens, offersTokens } = this.#dependencies;
    if (!offersTokens()) throw new RegistryError('ROUTE_UNKNOWN', { reason: 'this registry issues no tokens' });
    if (service !== null && service !== '' && service !== tokens.service) {
      throw new RegistryError('QUERY_INVALID', { reason: `tokens are for the service "${tokens.service}"`, service });
    }
  }
}

/** What credentials are verified for. */
function asking({ method, address }: ExtensionRequest, authorization: string): AccessRequest {
  return { authorization, method, address, origin: undefined, root: undefined, certificate: undefined };
}

function reasonOf({ cause, detail }: RegistryError): string {
  return cause instanceof Error ? cause.message : String(detail?.['reason']);
}

/** @throws OAuthError `invalid_request` when it is missing, or there is more than one */
function required(form: URLSearchParams, name: string): string {
  const [value = '', ...others] = form.getAll(name);
  if (value === '') throw new OAuthError('invalid_request', `${name} is missing`);
  if (others.length > 0) throw new OAuthError('invalid_request', `there is more than one ${name}`);
  return value;
}

function scopesIn(texts: readonly string[]): readonly Scope[] {
  try {
    return parseScopes(texts);
  } catch (error) {
    if (error instanceof ScopeError) throw new RegistryError('QUERY_INVALID', { reason: error.message });
    throw error;
  }
}
