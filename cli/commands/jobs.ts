import { defineCommand } from '../command.ts';
import type { JobsRequest } from '../jobs/list-jobs.ts';
import { CONFIGURATION, configurationPath } from './configuration-path.ts';

export const jobs = defineCommand({
  name: 'jobs',
  group: 'registry',
  summary: 'list the jobs: when each one runs, its last run and the result',
  arguments: { 'config.yml': CONFIGURATION },
  options: {},
  parse: ({ args, env }): JobsRequest => ({ kind: 'jobs', path: configurationPath(args['config.yml'], env) }),
  load: () => import('../jobs/list-jobs.ts'),
});
