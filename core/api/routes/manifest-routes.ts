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
  description: 'Gives a manifest exactly as it was put.',
  access: 'pull',
  request: {
    headers: [
      optional(
        'Accept',
        '<media type>[, …]',
        'The types of manifest that the client knows. Heeded only where a tag names a Docker manifest list: who accepts images but no lists gets the image for linux/amd64.',
      ),
      IF_NONE_MATCH,
    ],
    query: [],
  },
  successes: [
    {
      status: 200,
      description: 'The manifest.',
      headers: [
        CONTENT_DIGEST,
        CONTENT_LENGTH,
        required('Content-Type', '<media type>', 'The type that the manifest was put with, without parameters.'),
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
    failure('DIGEST_INVALID', 'The reference has a `:` and is no digest.'),
    failure('MANIFEST_UNKNOWN', 'The repository has no manifest under this tag or digest, or the tag is impossible.'),
    ...REPOSITORY_FAILURES,
  ],
};

const put: MethodDescriptor = {
  method: 'PUT',
  description:
    'Stores a manifest, and its tag if the reference is one. All that the manifest refers to, except its subject, ' +
    'must be in the repository.',
  access: 'push',
  request: {
    headers: [
      required('Content-Type', '<media type>', 'The type of the manifest; parameters are ignored.'),
      optional('Content-Length', '<bytes>', 'Length of the manifest.'),
    ],
    query: [optional('tag', '<tag>', 'A tag to set when the reference is a digest; may be repeated.')],
    body: { contentType: '<media type>', description: 'The manifest; these very bytes are kept.' },
  },
  successes: [
    {
      status: 201,
      description: 'The manifest is stored.',
      headers: [
        required('Location', '<url>', 'Where the manifest is.'),
        CONTENT_DIGEST,
        EMPTY_LENGTH,
        optional('OCI-Subject', '<digest>', 'What the manifest is about; it is in the list of referrers of that.'),
        optional('Warning', '299 - "<text>"', 'What the client should do otherwise.'),
        optional('OCI-Tag', '<tag>[, …]', 'Every tag that the query asked for and that is set.'),
      ],
    },
  ],
  failures: [
    failure('MANIFEST_INVALID'),
    failure('MANIFEST_UNVERIFIED'),
    failure('MANIFEST_BLOB_UNKNOWN'),
    failure('DIGEST_INVALID', 'The reference is no digest, or that of other bytes than the body.'),
    failure('TAG_INVALID'),
    failure('MANIFEST_TOO_LARGE'),
    failure('TAGS_TOO_MANY'),
    failure('TAG_IMMUTABLE', 'A tag that is to be set is immutable and names another manifest.'),
    ...WRITE_FAILURES,
  ],
};

const remove: MethodDescriptor = {
  method: 'DELETE',
  description: 'Removes a tag, or a manifest with every tag that points at it.',
  access: 'delete',
  request: PLAIN_REQUEST,
  successes: [{ status: 202, description: 'It is removed from the repository.', headers: [EMPTY_LENGTH] }],
  failures: [
    failure('DIGEST_INVALID', 'The reference has a `:` and is no digest.'),
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
  description: 'A manifest by its tag or its digest.',
  repository: true,
  methods: [...getAndHead(read), put, remove],
} as const satisfies RouteDescriptor;
