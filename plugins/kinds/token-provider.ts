import { TOKEN_PROVIDER } from '../../core/ports/index.ts';
import { type KindContract, methods, missingMembers } from './kind-contract.ts';

/** Issues and reads upload tokens: see `TokenProvider`. */
export const tokenProvider: KindContract = {
  kind: 'token-provider',
  token: TOKEN_PROVIDER,
  tokenName: 'TOKEN_PROVIDER',
  noun: 'token provider',
  prefix: 'stowage-tokens-',
  allows: 'one',
  builtIn: {
    hmac: () => import('../tokens/hmac.ts'),
    redis: () => import('../tokens/redis.ts'),
  },
  problems: (port) => [
    ...missingMembers('token provider', port, methods('issue', 'read')),
    ...(hasRotate(port) ? missingMembers('token provider', port, methods('rotate')) : []),
  ],
};

function hasRotate(port: unknown): port is { readonly rotate: unknown } {
  return typeof port === 'object' && port !== null && 'rotate' in port && port.rotate !== undefined;
}
