import { checkUsername } from '../check-username.ts';
import { defineCommand } from '../command.ts';
import type { LoginRequest } from '../login/log-in.ts';
import { UsageError } from '../usage-error.ts';
import { givenConnection } from './given-transfer.ts';
import { CONNECTION, JSON_OUTPUT } from './shared-options.ts';

export const login = defineCommand({
  name: 'login',
  group: 'access',
  summary: 'log in to a registry and keep the credentials as docker does',
  details: [
    'On a terminal, the command asks for the user and the password unless they are given; the password is not shown. Scripts use --password-stdin.',
    'The credentials are kept only after the registry has accepted them, in ~/.docker/config.json or the credential helper that this file names, where docker, podman, crane and others find them. With a repository after the host, they must also allow a pull and a push there; the check changes nothing.',
  ],
  arguments: {
    registry: { description: '<host>, or <host>/<name> to check access to a repository', completes: 'none' },
  },
  options: {
    username: { type: 'string', short: 'u', value: 'name', description: 'the user', completes: 'none' },
    password: {
      type: 'string',
      short: 'p',
      value: 'password',
      description: 'the password; visible to other users of this machine, so prefer --password-stdin',
      completes: 'none',
    },
    'password-stdin': { type: 'boolean', description: 'read the password from standard input' },
    'pull-only': { type: 'boolean', description: 'check only that the repository can be pulled from' },
    ...JSON_OUTPUT,
    ...CONNECTION,
  },
  examples: [
    ['login registry.example.com', 'ask for the user and the password'],
    ['login registry.example.com/team/app -u ann --password-stdin < password.txt', 'check that a push will be allowed'],
  ],
  parse: ({ args: { registry }, values }): LoginRequest => {
    const { username, password } = values;
    const fromInput = values['password-stdin'] ?? false;
    if (username !== undefined) checkUsername(username);
    if (fromInput && password !== undefined) throw new UsageError('give --password-stdin or --password, not both');
    if (fromInput && username === undefined) throw new UsageError('--username is missing');
    const pullOnly = values['pull-only'] ?? false;
    const json = values.json ?? false;
    const connection = givenConnection(values);
    return { kind: 'login', registry, username, password, fromInput, pullOnly, json, connection };
  },
  load: () => import('../login/log-in.ts'),
});
