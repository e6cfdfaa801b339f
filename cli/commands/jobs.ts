import { defineCommand } from '../command.ts';
import type { JobsRequest } from '../jobs/list-jobs.ts';
import { configurationPath } from './configuration-path.ts';

export const jobs = defineCommand({
  name: 'jobs',
  usage: '  jobs [config.yml]          list recurring work: when each job runs, when it ran last, and what came of it',
  options: {},
  maxArguments: 1,
  parse: (given): JobsRequest => ({ kind: 'jobs', path: configurationPath(given) }),
  load: () => import('../jobs/list-jobs.ts'),
});
