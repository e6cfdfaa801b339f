import { tokenIdIn } from '../../plugins/auth/personal/token-format.ts';
import { defineCommand } from '../command.ts';
import type { TokenRevokeRequest } from '../tokens/revoke-token.ts';
import { UsageError } from '../usage-error.ts';
import { givenTokens, TOKEN_DETAILS, TOKEN_OPTIONS, TOKEN_REGISTRY, TOKEN_USER } from './given-tokens.ts';

const ID = /^[0-9a-z]{1,64}$/;

export const tokenRevoke = defineCommand({
  name: 'token revoke',
  group: 'access',
  summary: 'end a personal access token at once',
  details: [TOKEN_DETAILS],
  arguments: {
    registry: TOKEN_REGISTRY,
    id: {
      description: 'the ID in the list of tokens, or the token itself, of which only the ID is sent',
      completes: 'none',
    },
  },
  options: { ...TOKEN_USER, ...TOKEN_OPTIONS },
  examples: [['token revoke registry.example.com 4f9zk2m1q8c0x7ab', 'the token is refused from now on']],
  parse: ({ args: { registry, id: given }, values }): TokenRevokeRequest => {
    // A whole token must not end in the log of a proxy.
    const id = tokenIdIn(given);
    if (!ID.test(id)) throw new UsageError('<id> must be the ID of a token, as "stowage token list" shows it');
    return { kind: 'token-revoke', ...givenTokens(registry, values), id, user: values.user };
  },
  load: () => import('../tokens/revoke-token.ts'),
});
