import { ACCESS_CONTROLLER } from '../../core/di.ts';
import { type KindContract, methods, missingMembers } from './kind-contract.ts';

/** Lets requests in or not: see `AccessController`. */
export const accessController: KindContract = {
  kind: 'access-controller',
  token: ACCESS_CONTROLLER,
  tokenName: 'ACCESS_CONTROLLER',
  problems: (port) => missingMembers('access controller', port, methods('authorize')),
};
