import type { RouteDescriptor } from '../../route-descriptor.ts';
import { getAndHead, PLAIN_REQUEST } from '../common.ts';
import { ADMIN_FAILURES, JSON_LENGTH } from './common.ts';

export const adminJobsRoute = {
  name: 'admin-jobs',
  path: '/v2/_ext/admin/jobs',
  entity: 'Jobs',
  description: 'The recurring and long work of the registry, such as garbage collection.',
  repository: false,
  methods: getAndHead({
    description: 'Lists all jobs: when they run, their newest run in all instances, and how far it is.',
    access: 'admin',
    request: PLAIN_REQUEST,
    successes: [
      {
        status: 200,
        description: 'All jobs.',
        headers: [JSON_LENGTH],
        body: {
          contentType: 'application/json',
          description:
            '`{"jobs": [{"name": <job>, "summary": <text>, "intervalSeconds"?: <number>, "dryRun": <boolean>, "nextRunAt"?: <time>, "run"?: <run>}, …]}`',
        },
      },
    ],
    failures: ADMIN_FAILURES,
  }),
} as const satisfies RouteDescriptor;
