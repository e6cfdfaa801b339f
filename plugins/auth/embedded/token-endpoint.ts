import { RegistryError, UnauthorizedError } from '../../../core/model/errors.ts';
import type { AccessRequest } from '../../../core/ports/access-controller.ts';
import type {
  ExtensionRequest,
  ExtensionResponse,
  ExtensionRoute,
  RouteExtension,
} from '../../../core/ports/route-extension.ts';
import { bearerTokenOf } from '../bearer-token.ts';
import { formatChallenge } from '../challenge.ts';
import type { CredentialAccess } from '../credentials/credential-access.ts';
import type { Identity } from '../credentials/identity.ts';
import { formatScopes, parseScopes, type Scope, ScopeError } from '../scope.ts';
import type { EmbeddedTokens } from './embedded-tokens.ts';
import { TOKEN_MOUNT } from './token-issuing-access.ts';

/** A form has a user, a password and some scopes. */
const MAX_FORM_BYTES = 64 * 1024;

/** The dependencies of the endpoint. */
export interface TokenEndpointDependencies {
  /** Authenticates users by their credentials. */
  readonly controller: CredentialAccess;
  readonly tokens: EmbeddedTokens;
  /** Whether tokens are issued at the moment. */
  readonly offersTokens: () => boolean;
  /** Logs a refused log-in. */
  readonly reportFailure: (authorization: string, error: RegistryError, request: ExtensionRequest) => void;
  /** The part of the scopes that the user, or an anonymous client, may have. */
  readonly grant: (
    identity: Identity | undefined,
    scopes: readonly Scope[],
    address: string | undefined,
  ) => readonly Scope[];
}

/**
 * The embedded token server: `GET /auth/token` (distribution, "Token authentication specification"), `POST /auth/token` (OAuth2
 * with the grant `password`) and `GET /auth/keys`, the public keys. A client without credentials also gets a token. Scopes that
 * a client may not have are left out of its token, without an error.
 */
export function tokenEndpoint(dependencies: TokenEndpointDependencies): RouteExtension {
  const endpoint = new TokenEndpoint(dependencies);
  const routes: readonly ExtensionRoute[] = [
    {
      path: '/token',
      methods: [
        { method: 'GET', access: 'public', handle: (request) => endpoint.get(request) },
        { method: 'POST', access: 'public', handle: (request) => endpoint.post(request) },
      ],
    },
    { path: '/keys', methods: [{ method: 'GET', access: 'public', handle: () => endpoint.keys() }] },
  ];
  return { name: 'auth', mount: TOKEN_MOUNT, routes };
}

class TokenEndpoint {
  readonly #dependencies: TokenEndpointDependencies;

  constructor(dependencies: TokenEndpointDependencies) {
    this.#dependencies = dependencies;
  }

  async get(request: ExtensionRequest): Promise<ExtensionResponse> {
    const { query, headers } = request;
    this.#require(query.get('service'));
    const scopes = scopesIn(query.getAll('scope'));
    const identity = await this.#identify(request, headers['authorization']);
    const granted = this.#granted(identity, scopes, request);
    const { token, expiresIn, issuedAt } = await this.#dependencies.tokens.issue(identity, granted);
    return json({ token, access_token: token, expires_in: expiresIn, issued_at: issuedAt.toISOString() });
  }

  async post(request: ExtensionRequest): Promise<ExtensionResponse> {
    const form = new URLSearchParams(Buffer.from(await request.readBody(MAX_FORM_BYTES)).toString());
    const grantType = form.get('grant_type');
    if (grantType !== 'password') {
      // Clients with a refresh token fall back to their password.
      return json(
        { error: 'unsupported_grant_type', error_description: 'only the grant "password" is supported' },
        400,
      );
    }
    this.#require(form.get('service'));
    const scopes = scopesIn(form.getAll('scope'));
    const pair = `${form.get('username') ?? ''}:${form.get('password') ?? ''}`;
    const identity = await this.#identify(request, `Basic ${Buffer.from(pair).toString('base64')}`);
    const granted = this.#granted(identity, scopes, request);
    const { token, expiresIn, issuedAt } = await this.#dependencies.tokens.issue(identity, granted);
    return json({
      access_token: token,
      token,
      scope: formatScopes(granted),
      expires_in: expiresIn,
      issued_at: issuedAt.toISOString(),
    });
  }

  async keys(): Promise<ExtensionResponse> {
    return json(await this.#dependencies.tokens.publicKeys());
  }

  /** `undefined` for a client without credentials. */
  async #identify(request: ExtensionRequest, authorization: string | undefined): Promise<Identity | undefined> {
    if (authorization === undefined || authorization === '') return undefined;
    const { controller, tokens } = this.#dependencies;
    // Tokens are not accepted here: otherwise a short-lived one could be renewed for ever.
    if (bearerTokenOf(authorization) !== undefined) {
      throw new UnauthorizedError(formatChallenge('Basic', { realm: tokens.service }), {
        reason: 'a token is obtained with a user name and a password',
      });
    }
    const asked: AccessRequest = {
      ...{ authorization, method: request.method, address: request.address },
      ...{ origin: undefined, root: undefined, certificate: undefined },
    };
    try {
      return await controller.identify(asked);
    } catch (error) {
      if (RegistryError.is(error, 'UNAUTHORIZED')) this.#dependencies.reportFailure(authorization, error, request);
      throw error;
    }
  }

  #granted(identity: Identity | undefined, scopes: readonly Scope[], { address }: ExtensionRequest): readonly Scope[] {
    return this.#dependencies.grant(identity, scopes, address);
  }

  #require(service: string | null): void {
    const { tokens, offersTokens } = this.#dependencies;
    if (!offersTokens()) throw new RegistryError('ROUTE_UNKNOWN', { reason: 'this registry issues no tokens' });
    if (service !== null && service !== '' && service !== tokens.service) {
      throw new RegistryError('QUERY_INVALID', { reason: `tokens are for the service "${tokens.service}"`, service });
    }
  }
}

function scopesIn(texts: readonly string[]): readonly Scope[] {
  try {
    return parseScopes(texts);
  } catch (error) {
    if (error instanceof ScopeError) throw new RegistryError('QUERY_INVALID', { reason: error.message });
    throw error;
  }
}

function json(value: object, status = 200): ExtensionResponse {
  // RFC 6749, section 5.1.
  const headers = { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' };
  return { status, headers, body: JSON.stringify(value) };
}
