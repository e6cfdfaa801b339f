import { defineCommand } from '../command.ts';
import type { ServeRequest } from '../serve/serve-registry.ts';
import { CONFIGURATION, configurationPath } from './configuration-path.ts';

export const serve = defineCommand({
  name: 'serve',
  group: 'registry',
  summary: 'run the registry',
  arguments: { 'config.yml': CONFIGURATION },
  options: {},
  parse: ({ args, env }): ServeRequest => ({ kind: 'serve', path: configurationPath(args['config.yml'], env) }),
  load: () => import('../serve/serve-registry.ts'),
});
