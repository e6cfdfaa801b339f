import { defineCommand } from '../command.ts';
import type { RunRequest } from '../jobs/run-job.ts';
import { UsageError } from '../usage-error.ts';
import { configurationPath } from './configuration-path.ts';

export const runJob = defineCommand({
  name: 'run',
  usage: `  run <job> [config.yml]     run a job once, now; a registry may serve meanwhile
      --dry-run              only report what it would change
      --resume               resume an earlier run that was stopped, instead of doing all of its work again`,
  options: { 'dry-run': { type: 'boolean' }, resume: { type: 'boolean' } },
  maxArguments: 2,
  parse: ({ positionals: [job, ...positionals], values, env }): RunRequest => {
    if (job === undefined) throw new UsageError('the name of a job is missing; "stowage jobs" lists them');
    const dryRun = values['dry-run'] ?? false;
    const { resume = false } = values;
    if (dryRun && resume)
      throw new UsageError('a dry run looks at everything, so --resume and --dry-run exclude each other');
    const path = configurationPath({ positionals, env });
    return { kind: 'run', job, dryRun, ...(resume && { resumes: true }), path };
  },
  load: () => import('../jobs/run-job.ts'),
});
