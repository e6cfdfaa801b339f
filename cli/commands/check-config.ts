import type { CheckConfigRequest } from '../check-config/check-configuration.ts';
import { defineCommand } from '../command.ts';
import { CONFIGURATION, configurationPath } from './configuration-path.ts';

export const checkConfig = defineCommand({
  name: 'check-config',
  group: 'registry',
  summary: 'check a configuration and print the settings in effect, without secrets',
  arguments: { 'config.yml': CONFIGURATION },
  options: {
    connect: {
      type: 'boolean',
      description: 'also open the storage, Redis and plugins; leaves nothing behind',
    },
  },
  parse: ({ args, values, env }): CheckConfigRequest => ({
    kind: 'check-config',
    path: configurationPath(args['config.yml'], env),
    connect: values.connect ?? false,
  }),
  load: () => import('../check-config/check-configuration.ts'),
});
