import { defineCommand } from '../command.ts';
import type { TrashEmptyRequest } from '../trash/empty-trash.ts';
import { CONFIGURATION, configurationPath } from './configuration-path.ts';
import { DRY_RUN } from './shared-options.ts';

export const trashEmpty = defineCommand({
  name: 'trash empty',
  group: 'registry',
  summary: 'remove everything from the trash now; nothing of it can come back',
  details: [
    'It frees what garbage collections have removed. What deleted manifests needed becomes garbage, which the next two collections remove: into the trash, and from there once storage.delete.keep has passed.',
  ],
  arguments: { 'config.yml': CONFIGURATION },
  options: { ...DRY_RUN },
  parse: ({ args, values: { 'dry-run': dryRun = false }, env }): TrashEmptyRequest => ({
    kind: 'trash-empty',
    dryRun,
    path: configurationPath(args['config.yml'], env),
  }),
  load: () => import('../trash/empty-trash.ts'),
});
