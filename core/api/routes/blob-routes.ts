import type { FailureDescriptor, MethodDescriptor, RouteDescriptor, SuccessDescriptor } from '../route-descriptor.ts';
import {
  CONTENT_DIGEST,
  CONTENT_LENGTH,
  DELETE_FAILURES,
  EMPTY_LENGTH,
  ENTITY_TAG,
  failure,
  IF_NONE_MATCH,
  OCTETS,
  optional,
  PLAIN_REQUEST,
  REPOSITORY_FAILURES,
  required,
} from './common.ts';

const ACCEPT_RANGES = required('Accept-Ranges', 'bytes', '`Range` requests are supported.');
const CACHE_CONTROL = required(
  'Cache-Control',
  'max-age=<seconds>, immutable',
  'The content of a digest never changes.',
);

const whole: SuccessDescriptor = {
  status: 200,
  description: 'The blob.',
  headers: [CONTENT_DIGEST, CONTENT_LENGTH, ENTITY_TAG, ACCEPT_RANGES, CACHE_CONTROL],
  body: OCTETS,
};

const part: SuccessDescriptor = {
  status: 206,
  description: 'The requested ranges: one as plain bytes, several as `multipart/byteranges` in the requested order.',
  headers: [
    optional(
      'Content-Range',
      'bytes <first>-<last>/<size>',
      'The position of a single range; with several ranges, each part has its own.',
    ),
    CONTENT_DIGEST,
    required('Content-Length', '<bytes>', 'Length of the body.'),
    ENTITY_TAG,
    ACCEPT_RANGES,
    CACHE_CONTROL,
  ],
  body: OCTETS,
};

const unchanged: SuccessDescriptor = {
  status: 304,
  description: 'The client has this blob.',
  headers: [CONTENT_DIGEST, ENTITY_TAG, CACHE_CONTROL],
};

const elsewhere: SuccessDescriptor = {
  status: 307,
  description: 'The storage serves the blob directly.',
  headers: [required('Location', '<url>', 'Where to get it; valid for a limited time.'), CONTENT_DIGEST],
};

const readFailures: readonly FailureDescriptor[] = [
  failure('DIGEST_INVALID', 'The digest is malformed or uses an unsupported algorithm.'),
  failure('BLOB_UNKNOWN'),
  ...REPOSITORY_FAILURES,
];

const get: MethodDescriptor = {
  method: 'GET',
  description: 'Returns a blob or parts of it.',
  access: 'pull',
  request: {
    headers: [
      optional(
        'Range',
        'bytes=<first>-[<last>], bytes=-<count>, [, …]',
        'The parts to return, both ends inclusive. Other units and malformed ranges return the whole blob.',
      ),
      optional('If-Range', '"<digest>"', 'Apply `Range` only if this is the entity tag of the blob.'),
      IF_NONE_MATCH,
    ],
    query: [],
  },
  successes: [whole, part, unchanged, elsewhere],
  failures: [
    ...readFailures,
    failure('RANGE_NOT_SATISFIABLE', undefined, [required('Content-Range', 'bytes */<size>', 'The size of the blob.')]),
  ],
};

// RFC 9110 section 14.2: Range is for GET; a HEAD ignores it.
const head: MethodDescriptor = {
  method: 'HEAD',
  description: 'Reports whether the blob exists, and its size. `Range` is ignored.',
  access: 'pull',
  request: { headers: [IF_NONE_MATCH], query: [] },
  successes: [whole, unchanged, elsewhere],
  failures: readFailures,
};

const remove: MethodDescriptor = {
  method: 'DELETE',
  description: 'Removes the blob from this repository; other repositories keep it.',
  access: 'delete',
  request: PLAIN_REQUEST,
  successes: [{ status: 202, description: 'The blob has been removed from the repository.', headers: [EMPTY_LENGTH] }],
  failures: [
    failure('DIGEST_INVALID', 'The digest is malformed or uses an unsupported algorithm.'),
    failure('BLOB_UNKNOWN'),
    ...DELETE_FAILURES,
  ],
};

export const blobRoute = {
  name: 'blob',
  path: '/v2/<name>/blobs/<digest>',
  entity: 'Blob',
  description: 'A blob, such as a layer, by its digest.',
  repository: true,
  methods: [get, head, remove],
} as const satisfies RouteDescriptor;
