import { checkUsername } from '../check-username.ts';
import type { CommandOptions } from '../command.ts';
import type { TokensRequest } from '../tokens/with-access-tokens.ts';
import { UsageError } from '../usage-error.ts';
import { givenConnection } from './given-transfer.ts';
import { CONNECTION, JSON_OUTPUT } from './shared-options.ts';

/** The registry whose tokens are meant. */
export const TOKEN_REGISTRY = { description: '<host> of a registry of Stowage', completes: 'none' } as const;

/** Of commands that manage personal access tokens. */
export const TOKEN_OPTIONS = {
  username: {
    type: 'string',
    short: 'u',
    value: 'name',
    description: 'the user; by default that of the stored log-in',
    completes: 'none',
  },
  'password-stdin': { type: 'boolean', description: 'read the password from standard input' },
  ...JSON_OUTPUT,
  ...CONNECTION,
} as const satisfies CommandOptions;

/** Of commands that an administrator may run for another user. */
export const TOKEN_USER = {
  user: { type: 'string', value: 'name', description: 'whose tokens; for administrators of **', completes: 'none' },
} as const satisfies CommandOptions;

/** What all of these commands say together. */
export const TOKEN_DETAILS =
  'Tokens are managed with the password of the stored log-in. If only a token is stored there, as docker does, the command asks for the user and the password on a terminal; scripts use --username and --password-stdin.';

type TokenValues = Parameters<typeof givenConnection>[0] & {
  readonly username?: string | undefined;
  readonly 'password-stdin'?: boolean | undefined;
  readonly json?: boolean | undefined;
};

/**
 * Where tokens are managed and by whom, as the options say.
 * @throws UsageError
 */
export function givenTokens(registry: string, values: TokenValues): TokensRequest {
  const { username, json = false } = values;
  const fromInput = values['password-stdin'] ?? false;
  if (username !== undefined) checkUsername(username);
  if (fromInput && username === undefined) throw new UsageError('--username is missing');
  return { registry, username, fromInput, json, connection: givenConnection(values) };
}
