import { defineCommand } from '../command.ts';
import type { TokenListRequest } from '../tokens/list-tokens.ts';
import { UsageError } from '../usage-error.ts';
import { givenTokens, TOKEN_DETAILS, TOKEN_OPTIONS, TOKEN_REGISTRY, TOKEN_USER } from './given-tokens.ts';

export const tokenList = defineCommand({
  name: 'token list',
  group: 'access',
  summary: 'list personal access tokens, without their secrets',
  details: [TOKEN_DETAILS],
  arguments: { registry: TOKEN_REGISTRY },
  options: {
    ...TOKEN_USER,
    'all-users': { type: 'boolean', description: 'the tokens of all users; for administrators of **' },
    ...TOKEN_OPTIONS,
  },
  examples: [['token list registry.example.com', 'the own tokens, and when they were used last']],
  parse: ({ args: { registry }, values }): TokenListRequest => {
    const { user, 'all-users': all = false } = values;
    if (all && user !== undefined) throw new UsageError('give --user or --all-users, not both');
    return { kind: 'token-list', ...givenTokens(registry, values), owner: all ? 'all' : { user } };
  },
  load: () => import('../tokens/list-tokens.ts'),
});
