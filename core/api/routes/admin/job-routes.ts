import type { RouteDescriptor, SuccessDescriptor } from '../../route-descriptor.ts';
import { failure, getAndHead, optional, PLAIN_REQUEST, required } from '../common.ts';
import { ADMIN_FAILURES, ADMIN_WRITE_FAILURES, JSON_LENGTH } from './common.ts';

const NO_JOB = failure('ENTRY_UNKNOWN', 'There is no such job.');

const RUN: Omit<SuccessDescriptor, 'description'> = {
  status: 202,
  headers: [JSON_LENGTH],
  body: { contentType: 'application/json', description: '`{"job": <job>, "run": <run>}`' },
};

export const adminJobsRoute = {
  name: 'admin-jobs',
  path: '/v2/_ext/admin/jobs',
  entity: 'Jobs',
  description:
    'The recurring and long work of the registry, such as garbage collection. A `<run>` is `{"state": "running" | "completed" | ' +
    '"failed" | "aborted" | "cancelled" | "lost", "dryRun": <boolean>, "startedAt": <time>, "seenAt": <time>, "endedAt"?: <time>, ' +
    '"progress"?: {"done": <number>, "total"?: <number>, "secondsLeft"?: <number>}, "report"?: <object>, "problem"?: <text>}`. A run is lost when its process ' +
    'has given no sign of life for 15 minutes. What was aborted, because its process stopped, is repeated at once; what was cancelled is not.',
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

export const adminJobRunRoute = {
  name: 'admin-job-run',
  path: '/v2/_ext/admin/jobs/<job>/run',
  entity: 'Run of a job',
  description: 'The current run of a job. A job has at most one.',
  repository: false,
  methods: [
    {
      method: 'POST',
      description: 'Begins a run, in the process that answers. It does all of the work, whenever the job ran last.',
      access: 'admin',
      request: {
        headers: [],
        query: [
          optional(
            'dry-run',
            'true or false',
            'Only report what the run would change. Default: as the job is configured.',
          ),
          optional('resume', 'true or false', 'Resume an earlier run that has not completed. Default: false.'),
        ],
      },
      successes: [{ ...RUN, description: 'The run has begun.' }],
      failures: [
        NO_JOB,
        failure('STATE_CONFLICT', 'The job is running already, or the registry stops.'),
        ...ADMIN_WRITE_FAILURES,
      ],
    },
    {
      method: 'DELETE',
      description:
        'Cancels the run, in whatever process it is. It ends after its current step; one in another instance, which no ' +
        'broadcast reaches, after it has given its next sign of life.',
      access: 'admin',
      request: PLAIN_REQUEST,
      successes: [{ ...RUN, description: 'The run will end; this is how far it was.' }],
      failures: [NO_JOB, failure('STATE_CONFLICT', 'The job is not running.'), ...ADMIN_WRITE_FAILURES],
    },
  ],
} as const satisfies RouteDescriptor;

export const adminJobEventsRoute = {
  name: 'admin-job-events',
  path: '/v2/_ext/admin/jobs/<job>/events',
  entity: 'Events of a job',
  description: 'How far the newest run of a job is, as it goes on.',
  repository: false,
  methods: getAndHead({
    description:
      'Sends server-sent events: `progress` with the run whenever it has changed, looked at each second; then `end` with the run, or ' +
      '`stop` when the registry stops or an hour is over, after which the client may ask again. A comment is sent when nothing ' +
      'has changed for 15 seconds. A run in another process gives a sign of life every five seconds.',
    access: 'admin',
    request: PLAIN_REQUEST,
    successes: [
      {
        status: 200,
        description: 'The events; to HEAD nothing.',
        headers: [required('Content-Type', 'text/event-stream', 'Server-sent events.')],
        body: { contentType: 'text/event-stream', description: '`event: progress`, `data: <run>`, …' },
      },
    ],
    failures: [failure('ENTRY_UNKNOWN', 'There is no such job, or no run of it is known.'), ...ADMIN_FAILURES],
  }),
} as const satisfies RouteDescriptor;
