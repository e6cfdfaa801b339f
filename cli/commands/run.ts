import { defineCommand } from '../command.ts';
import type { RunRequest } from '../jobs/run-job.ts';
import { UsageError } from '../usage-error.ts';
import { configurationPath } from './configuration-path.ts';

export const runJob = defineCommand({
  name: 'run',
  usage: `  run <job> [config.yml]     run a job once, now; a registry may serve meanwhile
      --dry-run              only report what it would change`,
  options: { 'dry-run': { type: 'boolean' } },
  maxArguments: 2,
  parse: ({ positionals: [job, ...positionals], values, env }): RunRequest => {
    if (job === undefined) throw new UsageError('the name of a job is missing; "stowage jobs" lists them');
    return { kind: 'run', job, dryRun: values['dry-run'] ?? false, path: configurationPath({ positionals, env }) };
  },
  load: () => import('../jobs/run-job.ts'),
});
