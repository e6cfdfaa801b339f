import { RegistryError } from '../../../core/model/errors.ts';
import type { AccessRequest } from '../../../core/ports/access-controller.ts';
import type { ExtensionRequest, ExtensionResponse, ExtensionRoute } from '../../../core/ports/route-extension.ts';
import { parseBasicCredentials } from '../basic-credentials.ts';
import type { CredentialAccess } from '../credentials/credential-access.ts';
import { tokenAnswer } from '../embedded/oauth-error.ts';
import type { AccessToken } from './access-token.ts';
import type { StoredToken } from './access-token-store.ts';
import { isTokenId, tokenIdIn } from './token-format.ts';
import type { TokenManagement, TokenManager } from './token-management.ts';
import { parseTokenRequest } from './token-request.ts';

/** A name, and some patterns. */
const MAX_BODY_BYTES = 64 * 1024;
const ALL_USERS = 'true';

/** What the routes work with. */
export interface TokenRoutesDependencies {
  readonly management: TokenManagement;
  /** Authenticates users by their credentials. */
  readonly controller: CredentialAccess;
  readonly reportFailure: (
    refused: { readonly authorization: string | undefined; readonly reason: string },
    request: ExtensionRequest,
  ) => void;
  /** The time in milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * `/auth/tokens`: GET lists personal access tokens, POST creates one; DELETE of `/auth/tokens/<id>` revokes one. The access
 * controller is asked here, because it must see the credentials themselves: a bearer token of the token server does not do.
 */
export function tokenRoutes(dependencies: TokenRoutesDependencies): readonly ExtensionRoute[] {
  const routes = new TokenRoutes(dependencies);
  return [
    {
      path: '/tokens',
      methods: [
        { method: 'GET', access: 'public', handle: (request) => routes.list(request) },
        { method: 'POST', access: 'public', handle: (request) => routes.create(request) },
      ],
    },
    {
      path: '/tokens/<id>',
      methods: [{ method: 'DELETE', access: 'public', handle: (request) => routes.revoke(request) }],
    },
  ];
}

class TokenRoutes {
  readonly #dependencies: TokenRoutesDependencies;

  constructor(dependencies: TokenRoutesDependencies) {
    this.#dependencies = dependencies;
  }

  async list(request: ExtensionRequest): Promise<ExtensionResponse> {
    const manager = await this.#managerOf(request);
    request.audit({ action: 'list', actor: manager.identity.actor });
    const { query } = request;
    const user = query.get('user') ?? undefined;
    const whose = query.get('all') === ALL_USERS ? 'all' : { ...(user !== undefined && { user }) };
    const tokens = await this.#dependencies.management.list(manager, whose);
    return tokenAnswer({ tokens: tokens.map(shown) });
  }

  async create(request: ExtensionRequest): Promise<ExtensionResponse> {
    const { management, now } = this.#dependencies;
    const manager = await this.#managerOf(request);
    requireJson(request);
    const { actor } = manager.identity;
    request.audit({ action: 'token-created', actor });
    const wanted = parseTokenRequest(await request.readBody(MAX_BODY_BYTES), now());
    const { token, text } = await management.create(manager, wanted);
    request.audit({ action: 'token-created', actor, tokenId: token.id });
    return tokenAnswer({ token: text, ...fieldsOf(token) }, 201);
  }

  async revoke(request: ExtensionRequest): Promise<ExtensionResponse> {
    const manager = await this.#managerOf(request);
    const { parameters, query } = request;
    // A user who finds a leaked token may send all of it.
    const id = tokenIdIn(parameters['id'] ?? '');
    request.audit({ action: 'token-revoked', actor: manager.identity.actor, tokenId: isTokenId(id) ? id : undefined });
    await this.#dependencies.management.revoke(manager, id, query.get('user') ?? undefined);
    return { status: 204, headers: { 'Cache-Control': 'no-store' } };
  }

  async #managerOf(request: ExtensionRequest): Promise<TokenManager> {
    const { headers, method, address, requestId, signal } = request;
    const { controller, reportFailure } = this.#dependencies;
    const { authorization = '' } = headers;
    const name = parseBasicCredentials(authorization)?.user;
    request.audit({ action: 'login', actor: name === undefined ? undefined : { name } });
    const asked: AccessRequest = {
      ...{ authorization, method, address },
      ...{ origin: undefined, root: undefined, certificate: undefined },
    };
    try {
      return { identity: await controller.identify(asked), address, requestId, signal, method };
    } catch (error) {
      if (RegistryError.is(error, 'UNAUTHORIZED') && authorization !== '') {
        const { cause, detail } = error;
        const reason = cause instanceof Error ? cause.message : String(detail?.['reason']);
        reportFailure({ authorization, reason }, request);
      }
      throw error;
    }
  }
}

/**
 * Browsers send forms of other sites with the password that they keep, but JSON only after asking.
 * @throws RegistryError `BODY_INVALID` for another type
 */
function requireJson({ headers }: ExtensionRequest): void {
  if (/^application\/json\s*(?:;|$)/i.test(headers['content-type'] ?? '')) return;
  throw new RegistryError('BODY_INVALID', { reason: 'the body must be JSON, with Content-Type: application/json' });
}

function shown({ token, lastUsed }: StoredToken): object {
  return { ...fieldsOf(token), ...(lastUsed !== undefined && { last_used: lastUsed }) };
}

/** Everything but the hash. */
function fieldsOf({ id, name, user, groups, created, expires, actions, repositories }: AccessToken): object {
  return { id, name, user, groups, created, expires: expires ?? 'never', actions, repositories };
}
