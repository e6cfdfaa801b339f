import type { ExecutionContext } from 'ava';
import { UnauthorizedError } from '../../../core/model/errors.ts';
import type { Access, AccessController, AccessRequest, Grant } from '../../../core/ports/access-controller.ts';
import { Transport } from '../../../verify/bench/transport.ts';
import { answer, ScriptedServer } from '../client/scripted-server.ts';
import { memoryRegistry } from '../core/memory-registry.ts';
import { serveRegistry } from '../http/serve-registry.ts';

const USER = { username: 'ann', password: 'secret', origin: 'a test' };
const BASIC = `Basic ${Buffer.from(`${USER.username}:${USER.password}`).toString('base64')}`;

/** Admits clients with a token of a server, which grants the user everything requested, and others only pulls. */
class TokenAccess implements AccessController {
  readonly #realm: string;

  constructor(realm: string) {
    this.#realm = realm;
  }

  async authorize({ authorization }: AccessRequest, accesses: readonly Access[]): Promise<Grant> {
    const [, token] = /^Bearer token-(.+)$/.exec(authorization ?? '') ?? [];
    const scopes = accesses.map(({ type, name, action }) => `${type}:${name}:${action}`);
    const allowed = Buffer.from(token ?? '', 'base64url')
      .toString()
      .split(' ')
      .flatMap(eachAction);
    if (token === undefined || scopes.some((scope) => !allowed.includes(scope)))
      throw new UnauthorizedError(this.#challenge(accesses));
    return Promise.resolve({ actor: { name: 'ann' } });
  }

  #challenge(accesses: readonly Access[]): string {
    const names = [...new Set(accesses.map(({ type, name }) => `${type}:${name}`))];
    const scope = names.map((each) => {
      const actions = accesses.filter(({ type, name }) => `${type}:${name}` === each).map(({ action }) => action);
      return `${each}:${actions.join(',')}`;
    });
    return `Bearer realm="${this.#realm}",service="test"${scope.length > 0 ? `,scope="${scope.join(' ')}"` : ''}`;
  }
}

function eachAction(scope: string): readonly string[] {
  const [, resource = '', actions = ''] = /^(.*):([^:]*)$/.exec(scope) ?? [];
  return actions.split(',').map((action) => `${resource}:${action}`);
}

/** Admits one user with a password. */
class PasswordAccess implements AccessController {
  async authorize({ authorization }: AccessRequest): Promise<Grant> {
    if (authorization !== BASIC) throw new UnauthorizedError('Basic realm="test"');
    return Promise.resolve({ actor: { name: 'ann' } });
  }
}

/** A registry that admits one user, and possibly anonymous clients. */
export interface GuardedRegistry {
  readonly address: string;
  /** How the user reaches it, or a proxy in front of it. */
  readonly transport: (address?: string) => Transport;
}

/** A registry that requires tokens or passwords. */
export async function guardedRegistry(t: ExecutionContext, kind: 'token' | 'password'): Promise<GuardedRegistry> {
  const tokens = await ScriptedServer.start(t, (request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'http://localhost');
    const isUser = request.headers.authorization === BASIC;
    if (!isUser && request.headers.authorization !== undefined) return answer(response, 401, {});
    const asked = searchParams.getAll('scope').flatMap((scope) => scope.split(' '));
    const given = isUser ? asked : asked.flatMap(eachAction).filter((scope) => scope.endsWith(':pull'));
    return answer(response, 200, { token: `token-${Buffer.from(given.join(' ') || '-').toString('base64url')}` });
  });
  const controller = kind === 'token' ? new TokenAccess(`${tokens.address}/token`) : new PasswordAccess();
  const { address } = await serveRegistry(t, memoryRegistry(), controller);
  const transport = (at = address) => {
    const { host } = new URL(at);
    return new Transport({ host, scheme: 'http', credentials: { find: async () => Promise.resolve(USER) } });
  };
  return { address, transport };
}
