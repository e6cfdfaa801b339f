import { defineCommand } from '../command.ts';
import type { JobsRequest } from '../jobs/list-jobs.ts';
import { CONFIGURATION, configurationPath } from './configuration-path.ts';

export const jobs = defineCommand({
  name: 'jobs',
  group: 'registry',
  summary: 'list recurring work: when each job runs, when it ran last, and what came of it',
  arguments: { 'config.yml': CONFIGURATION },
  options: {},
  parse: ({ args, env }): JobsRequest => ({ kind: 'jobs', path: configurationPath(args['config.yml'], env) }),
  load: () => import('../jobs/list-jobs.ts'),
});
