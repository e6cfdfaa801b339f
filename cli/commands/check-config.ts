import type { CheckConfigRequest } from '../check-config/check-configuration.ts';
import { defineCommand } from '../command.ts';
import { configurationPath } from './configuration-path.ts';

export const checkConfig = defineCommand({
  name: 'check-config',
  usage: `  check-config [config.yml]  check a configuration and print what is in effect, without secrets
      --connect              also open its storage, Redis and plugins; changes nothing, or a small file that is deleted`,
  options: { connect: { type: 'boolean' } },
  maxArguments: 1,
  parse: (given): CheckConfigRequest => ({
    kind: 'check-config',
    path: configurationPath(given),
    connect: given.values.connect ?? false,
  }),
  load: () => import('../check-config/check-configuration.ts'),
});
