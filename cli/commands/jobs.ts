import { defineCommand } from '../command.ts';
import type { JobsRequest } from '../jobs/list-jobs.ts';
import { CONFIGURATION } from './configuration-path.ts';
import { ADMIN_DETAILS, ADMIN_TARGET, givenAdminTarget } from './given-admin-target.ts';
import { JSON_OUTPUT } from './shared-options.ts';

export const jobs = defineCommand({
  name: 'jobs',
  group: 'registry',
  summary: 'list the jobs: when each one runs, its last run and the result',
  details: [ADMIN_DETAILS],
  arguments: { 'config.yml': CONFIGURATION },
  options: { ...ADMIN_TARGET, ...JSON_OUTPUT },
  parse: ({ args, values, env }): JobsRequest => ({
    kind: 'jobs',
    ...givenAdminTarget(args['config.yml'], values, env),
    ...(values.json === true && { json: true }),
  }),
  load: () => import('../jobs/list-jobs.ts'),
});
