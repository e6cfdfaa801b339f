import { parseDurationMs } from '../../core/model/units.ts';
import { defineCommand } from '../command.ts';
import { parseTime } from '../subject-values.ts';
import type { TokenCreateRequest } from '../tokens/create-token.ts';
import { UsageError } from '../usage-error.ts';
import { givenTokens, TOKEN_DETAILS, TOKEN_OPTIONS, TOKEN_REGISTRY } from './given-tokens.ts';

const DAY_MS = 24 * 3_600_000;
const NEVER = 'never';

export const tokenCreate = defineCommand({
  name: 'token create',
  group: 'access',
  summary: 'create a personal access token, which stands in the place of the password',
  details: [
    'The token is printed on standard output, and cannot be shown again. It does no more than its user, and no more than --action and --repository say.',
    TOKEN_DETAILS,
  ],
  arguments: {
    registry: TOKEN_REGISTRY,
    name: { description: 'what the token is for', completes: 'none' },
  },
  options: {
    expires: {
      type: 'string',
      value: 'when',
      description: 'when it ends: 30d, 12h, 2027-01-31T00:00:00Z or never; by default after 90 days',
      completes: 'none',
    },
    action: {
      type: 'string',
      value: 'actions',
      description: 'limit it to these actions, such as pull or push,delete: list, pull, push, overwrite, delete',
      completes: ['list', 'pull', 'push', 'overwrite', 'delete'],
    },
    repository: {
      type: 'string',
      value: 'patterns',
      description: 'limit it to these repositories, such as team/** or team/app,public/*',
      completes: 'none',
    },
    ...TOKEN_OPTIONS,
  },
  examples: [
    ['token create registry.example.com laptop', 'a token for everything that the user may do'],
    [
      "token create registry.example.com ci --action push --repository 'team/**' --expires 30d",
      'one for a build server',
    ],
  ],
  parse: ({ args: { registry, name }, values }): TokenCreateRequest => {
    const { expires, action, repository } = values;
    if (name === '') throw new UsageError('the name of the token is empty');
    const wanted = {
      name,
      ...(expires !== undefined && { expires: endOf(expires) }),
      ...(action !== undefined && { actions: listOf('action', action) }),
      ...(repository !== undefined && { repositories: listOf('repository', repository) }),
    };
    return { kind: 'token-create', ...givenTokens(registry, values), wanted };
  },
  load: () => import('../tokens/create-token.ts'),
});

function listOf(option: string, text: string): string[] {
  const words = text.split(',').map((word) => word.trim());
  if (words.includes('')) throw new UsageError(`--${option} has an empty item: ${JSON.stringify(text)}`);
  return words;
}

function endOf(text: string): string {
  if (text === NEVER) return text;
  const days = /^(\d{1,4})d$/.exec(text)?.[1];
  const ms = days === undefined ? parseDurationMs(text) : Number(days) * DAY_MS;
  const at = ms === undefined ? parseTime(text) : Date.now() + ms;
  if (at === undefined || at <= Date.now()) {
    throw new UsageError(`--expires takes 30d, 12h, a time in the future or never, not ${JSON.stringify(text)}`);
  }
  return new Date(at).toISOString();
}
