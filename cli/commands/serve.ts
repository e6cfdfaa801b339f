import { defineCommand } from '../command.ts';
import type { ServeRequest } from '../serve/serve-registry.ts';
import { configurationPath } from './configuration-path.ts';

export const serve = defineCommand({
  name: 'serve',
  usage: '  serve [config.yml]         run the registry',
  options: {},
  maxArguments: 1,
  parse: (given): ServeRequest => ({ kind: 'serve', path: configurationPath(given) }),
  load: () => import('../serve/serve-registry.ts'),
});
