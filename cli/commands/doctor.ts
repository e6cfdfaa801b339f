import { checkUsername } from '../check-username.ts';
import { defineCommand } from '../command.ts';
import type { DoctorRequest } from '../doctor/examine-registry.ts';
import { UsageError } from '../usage-error.ts';
import { CONFIGURATION, configurationPath } from './configuration-path.ts';
import { givenConnection } from './given-transfer.ts';
import { CONNECTION, JSON_OUTPUT } from './shared-options.ts';

const REPOSITORY = 'stowage-doctor';

export const doctor = defineCommand({
  name: 'doctor',
  group: 'registry',
  summary: 'check configuration, storage, clocks, secrets, TLS and Redis of a registry, which may be running',
  details: [
    'Runs every check and says what is wrong, what soon will be, and what to do. It works in a folder of the storage that no registry looks into, and removes it. Run it as the user who runs the registry.',
    'It exits with 1 if a check has failed, and with 2 if the configuration is invalid. Warnings and notes do not count. docs/operations/doctor.md explains each check.',
  ],
  arguments: { 'config.yml': CONFIGURATION },
  options: {
    only: { type: 'string', multiple: true, value: 'a,b', description: 'only these checks', completes: 'none' },
    skip: { type: 'string', multiple: true, value: 'a,b', description: 'all checks but these', completes: 'none' },
    url: {
      type: 'string',
      value: 'url',
      description: 'also check the address by which clients reach the registry, such as https://registry.example.com',
      completes: 'none',
    },
    repository: {
      type: 'string',
      value: 'name',
      description: `with --url: where an upload is begun and given up (default ${REPOSITORY})`,
      completes: 'none',
    },
    username: {
      type: 'string',
      short: 'u',
      value: 'name',
      description: 'with --url: a user who may push to that repository',
      completes: 'none',
    },
    'password-stdin': { type: 'boolean', description: 'read the password from standard input' },
    ...JSON_OUTPUT,
    ...CONNECTION,
  },
  examples: [
    ['doctor /etc/stowage/config.yml', 'check everything'],
    ['doctor --url https://registry.example.com -u ann config.yml', 'and what clients of the proxy will meet'],
    ['doctor --only storage-speed config.yml', 'measure the storage'],
  ],
  parse: ({ args, values, env }): DoctorRequest => {
    const { username, url } = values;
    const fromInput = values['password-stdin'] ?? false;
    if (username !== undefined) checkUsername(username);
    if (fromInput && username === undefined) throw new UsageError('--username is missing');
    if (username !== undefined && url === undefined) throw new UsageError('--username goes with --url');
    return {
      kind: 'doctor',
      only: values.only?.flatMap((names) => names.split(',')),
      skip: (values.skip ?? []).flatMap((names) => names.split(',')),
      json: values.json ?? false,
      path: configurationPath(args['config.yml'], env),
      url,
      repository: values.repository ?? REPOSITORY,
      user: username === undefined ? undefined : { username, password: undefined, fromInput },
      connection: givenConnection(values),
    };
  },
  load: () => import('../doctor/examine-registry.ts'),
});
