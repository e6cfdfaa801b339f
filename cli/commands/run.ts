import { type ArgumentDefinition, defineCommand } from '../command.ts';
import type { RunRequest } from '../jobs/run-job.ts';
import { CONFIGURATION } from './configuration-path.ts';
import { ADMIN_TARGET, givenAdminTarget } from './given-admin-target.ts';
import { givenRun, RUN } from './given-run.ts';

/** The argument that names a job. */
export const JOB = {
  description: 'its name, as "stowage jobs" lists it',
  missing: 'the name of a job is missing; "stowage jobs" lists them',
  completes: 'none',
} as const satisfies ArgumentDefinition;

export const runJob = defineCommand({
  name: 'run',
  group: 'registry',
  summary: 'run a job once, now; the registry may be running',
  arguments: {
    job: JOB,
    'config.yml': CONFIGURATION,
  },
  details: [
    'With --registry, the registry runs the job, and the command waits for its end; the run does not end with the command. Otherwise the command runs it.',
  ],
  options: { ...RUN, ...ADMIN_TARGET },
  parse: ({ args, values, env }): RunRequest => {
    const target = givenAdminTarget(args['config.yml'], values, env);
    return { kind: 'run', job: args.job, ...givenRun(values), ...target };
  },
  load: () => import('../jobs/run-job.ts'),
});
