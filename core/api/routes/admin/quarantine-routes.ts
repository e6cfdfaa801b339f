import type { RouteDescriptor } from '../../route-descriptor.ts';
import { failure, getAndHead, NEXT_PAGE, optional, PLAIN_REQUEST } from '../common.ts';
import { ADMIN_FAILURES, ADMIN_WRITE_FAILURES, JSON_LENGTH } from './common.ts';

const FAILURES = [
  failure('DIGEST_INVALID'),
  failure('BLOB_UNKNOWN', 'Nothing of the digest is in quarantine.'),
  ...ADMIN_WRITE_FAILURES,
];

export const adminQuarantineRoute = {
  name: 'admin-quarantine',
  path: '/v2/_ext/admin/quarantine',
  entity: 'Quarantine',
  description:
    'Content that did not match its digest when a scrub read it. Nobody can pull it. A push of the right content repairs it.',
  repository: false,
  methods: getAndHead({
    description: 'Lists it by digest. `replaced` says that other content is stored under the digest by now.',
    access: 'admin',
    request: {
      headers: [],
      query: [
        optional('n', '<integer>', 'The maximum number of entries: at most 1000, by default 100.'),
        optional('last', '<digest>:<id>', 'Return only entries after this one.'),
      ],
    },
    successes: [
      {
        status: 200,
        description: 'A page of quarantined content.',
        headers: [JSON_LENGTH, NEXT_PAGE],
        body: {
          contentType: 'application/json',
          description:
            '`{"quarantined": [{"digest": <digest>, "id": <text>, "bytes": <number>, "storedAt": <time>, "replaced": <boolean>}, …]}`',
        },
      },
    ],
    failures: [failure('PAGINATION_NUMBER_INVALID'), ...ADMIN_FAILURES],
  }),
} as const satisfies RouteDescriptor;

export const adminQuarantinedRoute = {
  name: 'admin-quarantined',
  path: '/v2/_ext/admin/quarantine/<digest>',
  entity: 'Quarantined content',
  description: 'What is in quarantine of one digest.',
  repository: false,
  methods: [
    {
      method: 'DELETE',
      description: 'Reads the content again, and removes it for good unless it matches its digest.',
      access: 'admin',
      request: PLAIN_REQUEST,
      successes: [
        {
          status: 200,
          description: 'The damaged bytes are gone.',
          headers: [JSON_LENGTH],
          body: { contentType: 'application/json', description: '`{"digest": <digest>, "dropped": <number>}`' },
        },
      ],
      failures: [failure('STATE_CONFLICT', 'It matches its digest now.'), ...FAILURES],
    },
  ],
} as const satisfies RouteDescriptor;

export const adminQuarantineReleaseRoute = {
  name: 'admin-quarantine-release',
  path: '/v2/_ext/admin/quarantine/<digest>/release',
  entity: 'Release from quarantine',
  description: 'Puts content back that matches its digest after all.',
  repository: false,
  methods: [
    {
      method: 'POST',
      description: 'Reads the content, and stores it under its digest again if it matches.',
      access: 'admin',
      request: PLAIN_REQUEST,
      successes: [
        {
          status: 200,
          description: 'It can be pulled again.',
          headers: [JSON_LENGTH],
          body: { contentType: 'application/json', description: '`{"digest": <digest>, "bytes": <number>}`' },
        },
      ],
      failures: [failure('STATE_CONFLICT', 'It does not match its digest.'), ...FAILURES],
    },
  ],
} as const satisfies RouteDescriptor;
