import { defineCommand } from '../command.ts';
import type { TrashListRequest } from '../trash/list-trash.ts';
import { CONFIGURATION } from './configuration-path.ts';
import { ADMIN_DETAILS, ADMIN_TARGET, givenAdminTarget, givenRepository } from './given-admin-target.ts';
import { JSON_OUTPUT } from './shared-options.ts';

export const trashList = defineCommand({
  name: 'trash list',
  group: 'registry',
  summary: 'list deleted tags and manifests that can come back, and the size of what garbage collections removed',
  details: [ADMIN_DETAILS],
  arguments: { 'config.yml': CONFIGURATION },
  options: {
    repository: {
      type: 'string',
      value: 'name',
      description: 'only what was deleted from this repository',
      completes: 'none',
    },
    ...ADMIN_TARGET,
    ...JSON_OUTPUT,
  },
  examples: [['trash list --registry registry.example.com', 'that of a registry that runs']],
  parse: ({ args, values, env }): TrashListRequest => ({
    kind: 'trash-list',
    ...givenAdminTarget(args['config.yml'], values, env),
    repository: values.repository === undefined ? undefined : givenRepository(values.repository),
    json: values.json ?? false,
  }),
  load: () => import('../trash/list-trash.ts'),
});
