import { defineCommand } from '../command.ts';
import type { JobsCancelRequest } from '../jobs/cancel-job.ts';
import { CONFIGURATION } from './configuration-path.ts';
import { ADMIN_DETAILS, ADMIN_TARGET, givenAdminTarget } from './given-admin-target.ts';
import { JOB } from './run.ts';

export const jobsCancel = defineCommand({
  name: 'jobs cancel',
  group: 'registry',
  summary: 'cancel the run of a job, in whatever process or instance it is',
  details: [ADMIN_DETAILS],
  arguments: { job: JOB, 'config.yml': CONFIGURATION },
  options: ADMIN_TARGET,
  examples: [['jobs cancel gc --registry registry.example.com', 'the garbage collection of a registry']],
  parse: ({ args, values, env }): JobsCancelRequest => ({
    kind: 'jobs-cancel',
    job: args.job,
    ...givenAdminTarget(args['config.yml'], values, env),
  }),
  load: () => import('../jobs/cancel-job.ts'),
});
