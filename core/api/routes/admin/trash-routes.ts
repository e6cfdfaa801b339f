import type { RouteDescriptor } from '../../route-descriptor.ts';
import { failure, getAndHead, NEXT_PAGE, optional, PLAIN_REQUEST } from '../common.ts';
import { ADMIN_FAILURES, ADMIN_WRITE_FAILURES, JSON_LENGTH } from './common.ts';

const SIZE = { contentType: 'application/json', description: '`{"items": <number>, "bytes": <number>}`' };

export const adminTrashRoute = {
  name: 'admin-trash',
  path: '/v2/_ext/admin/trash',
  entity: 'Trash',
  description: 'Tags and manifests that were deleted and can come back; see `storage.delete.keep`.',
  repository: 'query',
  methods: [
    ...getAndHead({
      description: 'Lists deletions by repository, the oldest first.',
      access: 'admin',
      request: {
        headers: [],
        query: [
          optional('repository', '<name>', 'Only what was deleted from this repository.'),
          optional('n', '<integer>', 'The maximum number of entries: at most 1000, by default 100.'),
          optional('last', '<name>:<id>', 'Return only entries after this one.'),
        ],
      },
      successes: [
        {
          status: 200,
          description: 'A page of deletions.',
          headers: [JSON_LENGTH, NEXT_PAGE],
          body: {
            contentType: 'application/json',
            description:
              '`{"deletions": [{"repository": <name>, "id": <text>, "kind": "tag" | "manifest", "digest": <digest>, "deletedAt": <time>, "until": <time>, ' +
              '"by"?: <user>, "change"?: <id>, "tag"?: <tag>, "tags"?: [<tag>, …], "mediaType"?: <text>, "subject"?: <digest>, "signatures"?: [<digest>, …], "size"?: <number>}, …]}`; ' +
              '`tag` is that of a deleted tag, what follows it those of a deleted manifest; `change` is the same for all that the delete of a repository has removed',
          },
        },
      ],
      failures: [failure('NAME_INVALID'), failure('PAGINATION_NUMBER_INVALID'), ...ADMIN_FAILURES],
    }),
    {
      method: 'DELETE',
      description:
        'Empties the trash: nothing of it can come back. It may take long; a request that is cut off may be repeated.',
      access: 'admin',
      request: {
        headers: [],
        query: [
          optional(
            'repository',
            '<name>',
            'Remove only what was deleted from this repository, and nothing that garbage collections have removed.',
          ),
          optional('dry-run', 'true or false', 'Only report what would be removed. Default: false.'),
        ],
      },
      successes: [{ status: 200, description: 'What was removed, or would be.', headers: [JSON_LENGTH], body: SIZE }],
      failures: [failure('NAME_INVALID'), ...ADMIN_WRITE_FAILURES],
    },
  ],
} as const satisfies RouteDescriptor;

export const adminTrashSweptRoute = {
  name: 'admin-trash-swept',
  path: '/v2/_ext/admin/trash/swept',
  entity: 'Swept content',
  description: 'The files that garbage collections have removed, and that can come back.',
  repository: false,
  methods: getAndHead({
    description: 'Counts them. One look at the storage for each.',
    access: 'admin',
    request: PLAIN_REQUEST,
    successes: [{ status: 200, description: 'How many there are.', headers: [JSON_LENGTH], body: SIZE }],
    failures: ADMIN_FAILURES,
  }),
} as const satisfies RouteDescriptor;

export const adminTrashRestoreRoute = {
  name: 'admin-trash-restore',
  path: '/v2/_ext/admin/trash/restore',
  entity: 'Restored content',
  description: 'What comes back from the trash.',
  repository: 'query',
  methods: [
    {
      method: 'POST',
      description:
        'Brings back a tag with its manifest, or a manifest with its tags, with the children of an index and with referrers that ' +
        'were deleted with it; or a blob that a garbage collection has removed. The user needs the right to push as well. A ' +
        'request that fails may be repeated.',
      access: 'admin',
      request: {
        headers: [],
        query: [
          optional('repository', '<name>', 'The repository. Without it, a blob comes back in all that had it.'),
          optional('reference', '<tag> or <digest>', 'What comes back; without a repository, a digest.'),
          optional(
            'whole',
            'true or false',
            'Instead of a reference: all that the last delete of the whole repository has removed. Default: false.',
          ),
          optional(
            'force',
            'true or false',
            'Take tags from other manifests, immutable ones too, and bring back a manifest although blobs of it are gone, ' +
              'which only an administrator of everything may ask for. Default: false.',
          ),
        ],
      },
      successes: [
        {
          status: 200,
          description: 'It is back.',
          headers: [JSON_LENGTH],
          body: {
            contentType: 'application/json',
            description:
              '`{"repository": <name>, "manifests": [<digest>, …], "tags": [<tag>, …], "blobs": [<digest>, …]}`; without a repository ' +
              '`{"blobs": [<digest>], "repositories": [<name>, …]}`. Blobs are those that a garbage collection had removed. With `whole` ' +
              '`{"repository": <name>, "manifests": <number>, "tags": <number>, "lost": [<digest>, …]}`: `lost` are up to a hundred ' +
              'manifests that stay in the trash with their tags, because their bytes or blobs are gone.',
          },
        },
      ],
      failures: [
        failure('NAME_INVALID'),
        failure('TAG_INVALID'),
        failure('DIGEST_INVALID'),
        failure('NAME_UNKNOWN', 'No delete of the whole repository is in the trash.'),
        failure('MANIFEST_UNKNOWN', 'It is not in the trash of the repository.'),
        failure('BLOB_UNKNOWN', 'The content is not in the trash.'),
        failure('MANIFEST_BLOB_UNKNOWN', 'Blobs of the manifest are gone for good; each has its own error.'),
        failure('TAG_IMMUTABLE', 'A tag points to another manifest by now.'),
        ...ADMIN_WRITE_FAILURES,
      ],
    },
  ],
} as const satisfies RouteDescriptor;
