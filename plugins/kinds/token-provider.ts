import { TOKEN_PROVIDER } from '../../core/di.ts';
import { type KindContract, methods, missingMembers } from './kind-contract.ts';

/** Makes the tokens of uploads: see `TokenProvider`. */
export const tokenProvider: KindContract = {
  kind: 'token-provider',
  token: TOKEN_PROVIDER,
  tokenName: 'TOKEN_PROVIDER',
  problems: (port) => missingMembers('token provider', port, methods('issue', 'read')),
};
