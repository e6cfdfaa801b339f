import type { RouteDescriptor } from '../../route-descriptor.ts';
import { failure, getAndHead, NEXT_PAGE, optional, required } from '../common.ts';
import { ADMIN_FAILURES, ADMIN_WRITE_FAILURES, JSON_LENGTH } from './common.ts';

export const adminUploadsRoute = {
  name: 'admin-uploads',
  path: '/v2/_ext/admin/uploads',
  entity: 'Uploads in progress',
  description:
    'Uploads that have stored bytes, and are neither finished nor cancelled. The first mebibyte of a new upload is held in memory ' +
    'until its request ends or more arrives; until then it is not listed.',
  repository: 'query',
  methods: getAndHead({
    description:
      'Lists uploads by repository and id. Bytes and start come from the storage, and so are right for all instances. Owner and ' +
      'rate are known to the processes that have written the upload, as far as a broadcast reaches them: all workers of the ' +
      'instance, and with Redis all instances. `receiving` says that a request is writing it now.',
    access: 'admin',
    request: {
      headers: [],
      query: [
        optional('repository', '<name>', 'Only uploads to this repository.'),
        optional('n', '<integer>', 'The maximum number of entries: at most 1000, by default 100.'),
        optional('last', '<name>:<uuid>', 'Return only entries after this one.'),
      ],
    },
    successes: [
      {
        status: 200,
        description: 'A page of uploads.',
        headers: [JSON_LENGTH, NEXT_PAGE],
        body: {
          contentType: 'application/json',
          description:
            '`{"uploads": [{"repository": <name>, "id": <uuid>, "bytes": <number>, "startedAt"?: <time>, "receiving": <boolean>, "owner"?: <user>, "bytesPerSecond"?: <number>}, …]}`',
        },
      },
    ],
    failures: [failure('NAME_INVALID'), failure('PAGINATION_NUMBER_INVALID'), ...ADMIN_FAILURES],
  }),
} as const satisfies RouteDescriptor;

export const adminUploadRoute = {
  name: 'admin-upload',
  path: '/v2/_ext/admin/uploads/<uuid>',
  entity: 'Upload in progress',
  description: 'One of these uploads.',
  repository: 'query',
  methods: [
    {
      method: 'DELETE',
      description:
        'Cancels the upload and removes its bytes. A request that is writing it is ended, and the next one of the client is answered `BLOB_UPLOAD_UNKNOWN`.',
      access: 'admin',
      request: { headers: [], query: [required('repository', '<name>', 'The repository of the upload.')] },
      successes: [{ status: 204, description: 'The upload has been removed.', headers: [] }],
      failures: [
        failure('NAME_INVALID', 'The query names no repository, several, or one that breaks the grammar.'),
        failure('BLOB_UPLOAD_UNKNOWN'),
        failure('STATE_CONFLICT', 'A request is completing the upload.'),
        ...ADMIN_WRITE_FAILURES,
      ],
    },
  ],
} as const satisfies RouteDescriptor;
