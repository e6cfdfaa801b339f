import { defineCommand } from '../command.ts';
import type { TrashEmptyRequest } from '../trash/empty-trash.ts';
import { CONFIGURATION } from './configuration-path.ts';
import { ADMIN_DETAILS, ADMIN_TARGET, givenAdminTarget, givenRepository } from './given-admin-target.ts';
import { DRY_RUN } from './shared-options.ts';

export const trashEmpty = defineCommand({
  name: 'trash empty',
  group: 'registry',
  summary: 'remove everything from the trash now; nothing of it can come back',
  details: [
    'It frees what garbage collections have removed. What deleted manifests needed becomes garbage, which the next two collections remove: into the trash, and from there once storage.delete.keep has passed.',
    ADMIN_DETAILS,
  ],
  arguments: { 'config.yml': CONFIGURATION },
  options: {
    repository: {
      type: 'string',
      value: 'name',
      description: 'only what was deleted from this repository, and nothing that garbage collections have removed',
      completes: 'none',
    },
    ...DRY_RUN,
    ...ADMIN_TARGET,
  },
  parse: ({ args, values, env }): TrashEmptyRequest => ({
    kind: 'trash-empty',
    ...givenAdminTarget(args['config.yml'], values, env),
    repository: values.repository === undefined ? undefined : givenRepository(values.repository),
    dryRun: values['dry-run'] ?? false,
  }),
  load: () => import('../trash/empty-trash.ts'),
});
