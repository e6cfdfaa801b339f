import { defineCommand } from '../command.ts';
import type { RunRequest } from '../jobs/run-job.ts';
import { UsageError } from '../usage-error.ts';
import { CONFIGURATION, configurationPath } from './configuration-path.ts';
import { DRY_RUN, RESUME } from './shared-options.ts';

export const gc = defineCommand({
  name: 'gc',
  group: 'registry',
  summary: 'remove blobs that no manifest needs; the registry may be running',
  details: [
    'What no manifest needs stays for storage.maintenance.gc.grace, an hour by default, in case a push still relies on it, so the command takes at least that long. It is the same as "stowage run gc".',
  ],
  arguments: { 'config.yml': CONFIGURATION },
  options: { ...DRY_RUN, ...RESUME },
  parse: ({ args, values, env }): RunRequest => {
    const dryRun = values['dry-run'] ?? false;
    const { resume = false } = values;
    if (dryRun && resume)
      throw new UsageError('--resume and --dry-run exclude each other: a dry run always looks at everything');
    const path = configurationPath(args['config.yml'], env);
    return { kind: 'gc', job: 'gc', dryRun, ...(resume && { resumes: true }), path };
  },
  load: () => import('../jobs/run-job.ts'),
});
