import { defineCommand } from '../command.ts';
import type { TrashListRequest } from '../trash/list-trash.ts';
import { CONFIGURATION, configurationPath } from './configuration-path.ts';
import { JSON_OUTPUT } from './shared-options.ts';

export const trashList = defineCommand({
  name: 'trash list',
  group: 'registry',
  summary: 'list deleted tags and manifests that can come back, and the size of what garbage collections removed',
  arguments: { 'config.yml': CONFIGURATION },
  options: { ...JSON_OUTPUT },
  parse: ({ args, values: { json = false }, env }): TrashListRequest => ({
    kind: 'trash-list',
    json,
    path: configurationPath(args['config.yml'], env),
  }),
  load: () => import('../trash/list-trash.ts'),
});
