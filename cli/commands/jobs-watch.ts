import { defineCommand } from '../command.ts';
import type { JobsWatchRequest } from '../jobs/watch-job.ts';
import { CONFIGURATION } from './configuration-path.ts';
import { ADMIN_DETAILS, ADMIN_TARGET, givenAdminTarget } from './given-admin-target.ts';
import { JOB } from './run.ts';
import { JSON_OUTPUT } from './shared-options.ts';

export const jobsWatch = defineCommand({
  name: 'jobs watch',
  group: 'registry',
  summary: 'follow the run of a job until it has ended',
  details: [ADMIN_DETAILS],
  arguments: { job: JOB, 'config.yml': CONFIGURATION },
  options: { ...ADMIN_TARGET, ...JSON_OUTPUT },
  examples: [['jobs watch scrub --registry registry.example.com', 'a line whenever it has made progress']],
  parse: ({ args, values, env }): JobsWatchRequest => ({
    kind: 'jobs-watch',
    job: args.job,
    ...givenAdminTarget(args['config.yml'], values, env),
    ...(values.json === true && { json: true }),
  }),
  load: () => import('../jobs/watch-job.ts'),
});
