import { defineCommand } from '../command.ts';
import type { UploadsRequest } from '../uploads/list-uploads.ts';
import { CONFIGURATION } from './configuration-path.ts';
import { ADMIN_DETAILS, ADMIN_TARGET, givenAdminTarget, givenRepository } from './given-admin-target.ts';
import { JSON_OUTPUT } from './shared-options.ts';

export const uploads = defineCommand({
  name: 'uploads',
  group: 'registry',
  summary: 'list uploads in progress: repository, id, bytes, rate, start and owner',
  details: [ADMIN_DETAILS, 'Rate and owner are known to the registry only, so they are missing without --registry.'],
  arguments: { 'config.yml': CONFIGURATION },
  options: {
    repository: { type: 'string', value: 'name', description: 'only uploads to this repository', completes: 'none' },
    ...ADMIN_TARGET,
    ...JSON_OUTPUT,
  },
  examples: [['uploads --registry registry.example.com', 'those of a registry that runs']],
  parse: ({ args, values, env }): UploadsRequest => ({
    kind: 'uploads',
    ...givenAdminTarget(args['config.yml'], values, env),
    repository: values.repository === undefined ? undefined : givenRepository(values.repository),
    json: values.json ?? false,
  }),
  load: () => import('../uploads/list-uploads.ts'),
});
