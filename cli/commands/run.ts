import { defineCommand } from '../command.ts';
import type { RunRequest } from '../jobs/run-job.ts';
import { UsageError } from '../usage-error.ts';
import { CONFIGURATION, configurationPath } from './configuration-path.ts';
import { DRY_RUN, RESUME } from './shared-options.ts';

export const runJob = defineCommand({
  name: 'run',
  group: 'registry',
  summary: 'run a job once, now; the registry may be running',
  arguments: {
    job: {
      description: 'its name, as "stowage jobs" lists it',
      missing: 'the name of a job is missing; "stowage jobs" lists them',
      completes: 'none',
    },
    'config.yml': CONFIGURATION,
  },
  options: { ...DRY_RUN, ...RESUME },
  parse: ({ args, values, env }): RunRequest => {
    const dryRun = values['dry-run'] ?? false;
    const { resume = false } = values;
    if (dryRun && resume)
      throw new UsageError('--resume and --dry-run exclude each other: a dry run always looks at everything');
    const path = configurationPath(args['config.yml'], env);
    return { kind: 'run', job: args.job, dryRun, ...(resume && { resumes: true }), path };
  },
  load: () => import('../jobs/run-job.ts'),
});
