import type {
  FailureDescriptor,
  MethodDescriptor,
  ParameterDescriptor,
  RouteDescriptor,
  SuccessDescriptor,
} from '../route-descriptor.ts';
import {
  CONTENT_DIGEST,
  EMPTY_LENGTH,
  failure,
  getAndHead,
  OCTETS,
  optional,
  PLAIN_REQUEST,
  REPOSITORY_FAILURES,
  required,
  WRITE_FAILURES,
} from './common.ts';

const UPLOAD_UUID = required('Docker-Upload-UUID', '<uuid>', 'The id of the upload.');
const STATE = optional('_state', '<token>', 'The state of the upload; an opaque part of the URL in `Location`.');
const CHUNK_RANGE = optional(
  'Content-Range',
  '<first>-<last>',
  'The position of the chunk in the blob, both ends inclusive. Without it the chunk is appended.',
);
const CHUNK_LENGTH = optional('Content-Length', '<bytes>', 'Length of the chunk.');

const progress: readonly ParameterDescriptor[] = [
  required('Location', '<url>', 'The URL for the next request of the upload; use it unchanged.'),
  required('Range', '0-<last>', 'The bytes that the registry has, both ends inclusive; `0-0` can also mean none.'),
  UPLOAD_UUID,
];

const stored: SuccessDescriptor = {
  status: 201,
  description: 'The blob is in the repository.',
  headers: [required('Location', '<url>', 'Where the blob is.'), CONTENT_DIGEST, EMPTY_LENGTH],
};

const start: MethodDescriptor = {
  method: 'POST',
  description:
    'Begins an upload, or completes it in one request: `mount` mounts the blob from another repository, which ' +
    'the client must be allowed to pull from; with `digest` the body is the whole blob.',
  access: 'push',
  request: {
    headers: [optional('Content-Length', '<bytes>', 'Length of the body; 0 unless the query has `digest`.')],
    query: [
      optional('mount', '<digest>', 'The blob to mount.'),
      optional(
        'from',
        '<name>',
        'The repository to mount from. Without it, the registry looks for one that the client may pull from.',
      ),
      optional('digest', '<digest>', 'The digest of the blob in the body.'),
      optional('digest-algorithm', '<algorithm>', 'A hint at the digest algorithm, if it is not sha256.'),
    ],
    body: { contentType: 'application/octet-stream', description: 'With `digest` the blob, otherwise empty.' },
  },
  successes: [
    { ...stored, description: 'The blob was mounted or uploaded; it is in the repository.' },
    {
      status: 202,
      description: 'The upload has begun. This is also the answer if a requested mount is not possible.',
      headers: [
        ...progress,
        optional(
          'OCI-Chunk-Min-Length',
          '<bytes>',
          'The smallest chunk that suits the storage; the last chunk may be smaller.',
        ),
        EMPTY_LENGTH,
      ],
    },
  ],
  failures: [failure('DIGEST_INVALID'), failure('SIZE_INVALID'), ...WRITE_FAILURES],
};

export const uploadRoute = {
  name: 'blob-upload',
  path: '/v2/<name>/blobs/uploads/',
  entity: 'Blob uploads',
  description: 'Where an upload begins.',
  repository: true,
  methods: [start],
} as const satisfies RouteDescriptor;

const UPLOAD_UNKNOWN = failure('BLOB_UPLOAD_UNKNOWN');
const CHUNK_FAILURES: readonly FailureDescriptor[] = [
  failure(
    'BLOB_UPLOAD_INVALID',
    '`_state` belongs to another upload, or `Content-Range` or `Content-Type` is malformed.',
  ),
  failure('SIZE_INVALID', 'The length of the chunk differs from `Content-Range` or `Content-Length`.'),
  UPLOAD_UNKNOWN,
  failure('RANGE_INVALID', 'The chunk does not begin where the upload ends. `Range` says where to resume.', progress),
  ...WRITE_FAILURES,
];

const status: Omit<MethodDescriptor, 'method'> = {
  description: 'Reports the progress of the upload. An older `Location` of it also works.',
  access: 'push',
  request: { headers: [], query: [STATE] },
  successes: [{ status: 204, description: 'The upload is in progress.', headers: progress }],
  failures: [UPLOAD_UNKNOWN, ...REPOSITORY_FAILURES],
};

const append: MethodDescriptor = {
  method: 'PATCH',
  description: 'Adds a chunk to the upload.',
  access: 'push',
  request: { headers: [CHUNK_RANGE, CHUNK_LENGTH], query: [STATE], body: OCTETS },
  successes: [{ status: 202, description: 'The chunk has been stored.', headers: [...progress, EMPTY_LENGTH] }],
  failures: CHUNK_FAILURES,
};

const finish: MethodDescriptor = {
  method: 'PUT',
  description: 'Adds the last chunk, if there is a body, and completes the upload.',
  access: 'push',
  request: {
    headers: [CHUNK_RANGE, CHUNK_LENGTH],
    query: [required('digest', '<digest>', 'The digest of the whole blob.'), STATE],
    body: OCTETS,
  },
  successes: [stored],
  failures: [
    failure('DIGEST_INVALID', 'The digest is missing, malformed, or does not match the bytes.'),
    ...CHUNK_FAILURES,
  ],
};

const cancel: MethodDescriptor = {
  method: 'DELETE',
  description: 'Cancels the upload and removes its bytes. It requires the right to push.',
  access: 'push',
  request: { ...PLAIN_REQUEST, query: [STATE] },
  successes: [{ status: 204, description: 'The upload has been removed.', headers: [UPLOAD_UUID] }],
  failures: [
    failure('BLOB_UPLOAD_INVALID', '`_state` belongs to another upload.'),
    UPLOAD_UNKNOWN,
    failure('RANGE_INVALID', 'Another request is writing to the upload.', progress),
    ...WRITE_FAILURES,
  ],
};

export const uploadChunkRoute = {
  name: 'blob-upload-chunk',
  path: '/v2/<name>/blobs/uploads/<uuid>',
  entity: 'Blob upload',
  description: 'An upload in progress, at the URL that the registry returned for it.',
  repository: true,
  methods: [...getAndHead(status), append, finish, cancel],
} as const satisfies RouteDescriptor;
