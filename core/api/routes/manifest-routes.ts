import type { MethodDescriptor, RouteDescriptor } from '../route-descriptor.ts';
import {
  CONTENT_DIGEST,
  CONTENT_LENGTH,
  DELETE_FAILURES,
  EMPTY_LENGTH,
  ENTITY_TAG,
  failure,
  getAndHead,
  IF_NONE_MATCH,
  optional,
  PLAIN_REQUEST,
  REPOSITORY_FAILURES,
  required,
  WRITE_FAILURES,
} from './common.ts';

const read: Omit<MethodDescriptor, 'method'> = {
  description: 'Returns a manifest exactly as it was pushed.',
  access: 'pull',
  request: {
    headers: [
      optional(
        'Accept',
        '<media type>[, …]',
        'The manifest types that the client accepts. Used only if a tag names a Docker manifest list: a client that accepts images but not lists gets the image for linux/amd64.',
      ),
      IF_NONE_MATCH,
    ],
    query: [
      optional(
        'at',
        '<time>',
        'The manifest to which the tag pointed at this time: RFC 3339, or a date. It needs `storage.maintenance.taghistory.keep`.',
      ),
    ],
  },
  successes: [
    {
      status: 200,
      description: 'The manifest.',
      headers: [
        CONTENT_DIGEST,
        CONTENT_LENGTH,
        required('Content-Type', '<media type>', 'The type that the manifest was pushed with, without parameters.'),
        ENTITY_TAG,
      ],
      body: { contentType: '<media type>', description: 'The bytes of the manifest.' },
    },
    {
      status: 304,
      description: 'The client has this manifest.',
      headers: [CONTENT_DIGEST, ENTITY_TAG],
    },
  ],
  failures: [
    failure('DIGEST_INVALID', 'The reference contains a `:` but is not a digest.'),
    failure(
      'MANIFEST_UNKNOWN',
      'The repository has no manifest under this tag or digest, or the tag breaks the grammar. With `at`, the message says more.',
    ),
    failure(
      'STATE_CONFLICT',
      'Around the time `at`, something moved the tag without a record, or several instances at once; the message names both digests.',
    ),
    ...REPOSITORY_FAILURES,
  ],
};

const put: MethodDescriptor = {
  method: 'PUT',
  description:
    'Stores a manifest, and its tag if the reference is one. Everything the manifest refers to, except its subject, ' +
    'must be in the repository.',
  access: 'push',
  request: {
    headers: [
      required('Content-Type', '<media type>', 'The type of the manifest; parameters are ignored.'),
      optional('Content-Length', '<bytes>', 'Length of the manifest.'),
    ],
    query: [optional('tag', '<tag>', 'A tag to set if the reference is a digest; may be repeated.')],
    body: { contentType: '<media type>', description: 'The manifest; its bytes are stored unchanged.' },
  },
  successes: [
    {
      status: 201,
      description: 'The manifest has been stored.',
      headers: [
        required('Location', '<url>', 'Where the manifest is.'),
        CONTENT_DIGEST,
        EMPTY_LENGTH,
        optional('OCI-Subject', '<digest>', 'The subject of the manifest, which now lists it as a referrer.'),
        optional('Warning', '299 - "<text>"', 'What the client should do differently.'),
        optional('OCI-Tag', '<tag>[, …]', 'The tags of the query, all of which have been set.'),
      ],
    },
  ],
  failures: [
    failure('MANIFEST_INVALID'),
    failure('MANIFEST_UNVERIFIED'),
    failure('MANIFEST_BLOB_UNKNOWN'),
    failure('DIGEST_INVALID', 'The reference is not a digest, or the digest does not match the body.'),
    failure('TAG_INVALID'),
    failure('MANIFEST_TOO_LARGE'),
    failure('TAGS_TOO_MANY'),
    failure('TAG_IMMUTABLE', 'A requested tag is immutable and names another manifest.'),
    ...WRITE_FAILURES,
  ],
};

const remove: MethodDescriptor = {
  method: 'DELETE',
  description: 'Removes a tag, or a manifest with every tag that points at it.',
  access: 'delete',
  request: PLAIN_REQUEST,
  successes: [
    { status: 202, description: 'The tag or manifest has been removed from the repository.', headers: [EMPTY_LENGTH] },
  ],
  failures: [
    failure('DIGEST_INVALID', 'The reference contains a `:` but is not a digest.'),
    failure('TAG_INVALID'),
    failure('MANIFEST_UNKNOWN'),
    failure('TAG_IMMUTABLE', 'The tag is immutable, or an immutable tag names the manifest.'),
    ...DELETE_FAILURES,
  ],
};

export const manifestRoute = {
  name: 'manifest',
  path: '/v2/<name>/manifests/<reference>',
  entity: 'Manifest',
  description: 'A manifest, by tag or digest.',
  repository: true,
  methods: [...getAndHead(read), put, remove],
} as const satisfies RouteDescriptor;
