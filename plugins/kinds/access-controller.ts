import { ACCESS_CONTROLLER } from '../../core/ports/index.ts';
import { type KindContract, methods, missingMembers } from './kind-contract.ts';

/** Admits or rejects requests: see `AccessController`. */
export const accessController: KindContract = {
  kind: 'access-controller',
  token: ACCESS_CONTROLLER,
  tokenName: 'ACCESS_CONTROLLER',
  noun: 'access controller',
  prefix: 'stowage-auth-',
  allows: 'one',
  keys: ['auth'],
  builtIn: {
    none: () => import('../auth/open.ts'),
    silly: () => import('../auth/silly.ts'),
    htpasswd: () => import('../auth/htpasswd/index.ts'),
    token: () => import('../auth/token/index.ts'),
    oidc: () => import('../auth/oidc/index.ts'),
  },
  problems: (port) => missingMembers('access controller', port, methods('authorize')),
};
