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

const ACCEPT_RANGES = required('Accept-Ranges', 'bytes', 'Parts may be asked for by `Range`.');
const CACHE_CONTROL = required(
  'Cache-Control',
  'max-age=<seconds>, immutable',
  'A blob never changes under its digest.',
);

const whole: SuccessDescriptor = {
  status: 200,
  description: 'The blob.',
  headers: [CONTENT_DIGEST, CONTENT_LENGTH, ENTITY_TAG, ACCEPT_RANGES, CACHE_CONTROL],
  body: OCTETS,
};

const part: SuccessDescriptor = {
  status: 206,
  description: 'The ranges that were asked for: one as it is, several as `multipart/byteranges` in that order.',
  headers: [
    optional(
      'Content-Range',
      'bytes <first>-<last>/<size>',
      'Where one range lies; each of several parts has its own.',
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
  description: 'The storage serves the blob itself.',
  headers: [required('Location', '<url>', 'Where to get it; valid for a limited time.'), CONTENT_DIGEST],
};

const readFailures: readonly FailureDescriptor[] = [
  failure('DIGEST_INVALID', 'The digest is malformed or by an unsupported algorithm.'),
  failure('BLOB_UNKNOWN'),
  ...REPOSITORY_FAILURES,
];

const get: MethodDescriptor = {
  method: 'GET',
  description: 'Gives a blob or parts of it.',
  access: 'pull',
  request: {
    headers: [
      optional(
        'Range',
        'bytes=<first>-[<last>], bytes=-<count>, [, …]',
        'The parts to give, both ends inclusive. Other units and malformed ranges give the whole blob.',
      ),
      optional('If-Range', '"<digest>"', 'Heed `Range` only if this is the entity tag.'),
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
  description: 'Tells whether the blob exists and how large it is. `Range` is ignored.',
  access: 'pull',
  request: { headers: [IF_NONE_MATCH], query: [] },
  successes: [whole, unchanged, elsewhere],
  failures: readFailures,
};

const remove: MethodDescriptor = {
  method: 'DELETE',
  description: 'Removes the blob from this repository; others that have it keep it.',
  access: 'delete',
  request: PLAIN_REQUEST,
  successes: [{ status: 202, description: 'The repository has the blob no more.', headers: [EMPTY_LENGTH] }],
  failures: [
    failure('DIGEST_INVALID', 'The digest is malformed or by an unsupported algorithm.'),
    failure('BLOB_UNKNOWN'),
    ...DELETE_FAILURES,
  ],
};

export const blobRoute = {
  name: 'blob',
  path: '/v2/<name>/blobs/<digest>',
  entity: 'Blob',
  description: 'A blob, for example a layer, by its digest.',
  repository: true,
  methods: [get, head, remove],
} as const satisfies RouteDescriptor;
