import { defineCommand } from '../command.ts';
import type { RunRequest } from '../jobs/run-job.ts';
import { CONFIGURATION, configurationPath } from './configuration-path.ts';
import { CALL_RATE, givenCallRate, givenRun, RUN } from './given-run.ts';

export const gc = defineCommand({
  name: 'gc',
  group: 'registry',
  summary: 'remove blobs that no manifest needs; the registry may be running',
  details: [
    'What no manifest needs stays for storage.maintenance.gc.grace, an hour by default, in case a push still relies on it, so the command takes at least that long. It is the same as "stowage run gc".',
  ],
  arguments: { 'config.yml': CONFIGURATION },
  options: { ...RUN, ...CALL_RATE },
  parse: ({ args, values, env }): RunRequest => {
    const path = configurationPath(args['config.yml'], env);
    return { kind: 'gc', job: 'gc', ...givenRun(values), ...givenCallRate(values), path };
  },
  load: () => import('../jobs/run-job.ts'),
});
