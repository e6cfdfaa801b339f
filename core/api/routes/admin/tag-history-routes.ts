import type { RouteDescriptor } from '../../route-descriptor.ts';
import { failure, getAndHead, NEXT_PAGE, optional, required } from '../common.ts';
import { ADMIN_FAILURES, ADMIN_WRITE_FAILURES, JSON_LENGTH } from './common.ts';

const REPOSITORY = required('repository', '<name>', 'The repository.');

const TAG_AND_TIME = [
  REPOSITORY,
  required('tag', '<tag>', 'The tag.'),
  required('at', '<time>', 'When: a time in the form of RFC 3339, or a date.'),
];

const UNKNOWN_THEN = [
  failure(
    'MANIFEST_UNKNOWN',
    'The tag did not exist at that time, the history does not go back so far, or the manifest is gone; the message says which.',
  ),
  failure(
    'STATE_CONFLICT',
    'Around that time, something moved the tag without a record, or several instances at once; the message names both digests.',
  ),
];

const NO_NAME = failure('NAME_INVALID', 'The query names no repository, several, or one that breaks the grammar.');

export const adminTagHistoryRoute = {
  name: 'admin-tag-history',
  path: '/v2/_ext/admin/tag-history',
  entity: 'History of tags',
  description:
    'Who moved which tag, when, from what to what; recorded with `storage.maintenance.taghistory.keep`. `from` is missing when the tag was ' +
    'created, `to` when it was deleted. Every move is recorded before it is made. `found` says to what the tag pointed ' +
    'afterwards, if not to `to`: the move failed, another process moved the tag at the same moment, or something that records ' +
    'nothing moved it later; `null`: it did not exist. A user, a job such as `retention` or a command has moved it; none of ' +
    'them: an anonymous user.',
  repository: 'query',
  methods: getAndHead({
    description: 'Lists moves by tag, the newest of each tag first.',
    access: 'admin',
    request: {
      headers: [],
      query: [
        REPOSITORY,
        optional('tag', '<tag>', 'Only moves of this tag.'),
        optional('n', '<integer>', 'The maximum number of entries: at most 1000, by default 100.'),
        optional('last', '<id>', 'Return only entries after this one.'),
      ],
    },
    successes: [
      {
        status: 200,
        description: 'A page of moves.',
        headers: [JSON_LENGTH, NEXT_PAGE],
        body: {
          contentType: 'application/json',
          description:
            '`{"moves": [{"id": <text>, "repository": <name>, "tag": <tag>, "at": <time>, "from"?: <digest>, "to"?: <digest>, "found"?: <digest> | null, "user"?: <text>, "job"?: <text>, "command"?: <text>, "requestId"?: <text>}, …]}`',
        },
      },
    ],
    failures: [NO_NAME, failure('TAG_INVALID'), failure('PAGINATION_NUMBER_INVALID'), ...ADMIN_FAILURES],
  }),
} as const satisfies RouteDescriptor;

export const adminTagDigestRoute = {
  name: 'admin-tag-digest',
  path: '/v2/_ext/admin/tag-history/digest',
  entity: 'Tag as of a time',
  description: 'To what a tag pointed at a time.',
  repository: 'query',
  methods: getAndHead({
    description: 'Returns the digest of the manifest, which the repository still has.',
    access: 'admin',
    request: { headers: [], query: TAG_AND_TIME },
    successes: [
      {
        status: 200,
        description: 'The digest.',
        headers: [JSON_LENGTH],
        body: {
          contentType: 'application/json',
          description: '`{"repository": <name>, "tag": <tag>, "at": <time>, "digest": <digest>}`',
        },
      },
    ],
    failures: [NO_NAME, failure('TAG_INVALID'), ...UNKNOWN_THEN, ...ADMIN_FAILURES],
  }),
} as const satisfies RouteDescriptor;

export const adminTagRestoreRoute = {
  name: 'admin-tag-restore',
  path: '/v2/_ext/admin/tag-history/restore',
  entity: 'Restored tag',
  description: 'A tag that points again to what it was at a time.',
  repository: 'query',
  methods: [
    {
      method: 'POST',
      description:
        'Points the tag to the manifest to which it pointed then, as a push of that manifest would. The user needs the right to ' +
        'push as well, and to move the tag. The move is recorded like any other. A tag that points there already stays as it is.',
      access: 'admin',
      request: { headers: [], query: TAG_AND_TIME },
      successes: [
        {
          status: 200,
          description: 'The tag points there.',
          headers: [JSON_LENGTH],
          body: {
            contentType: 'application/json',
            description:
              '`{"repository": <name>, "tag": <tag>, "at": <time>, "digest": <digest>, "before"?: <digest>}`; `before` is to what it ' +
              'pointed until now, and is missing if it did not exist',
          },
        },
      ],
      failures: [
        NO_NAME,
        failure('TAG_INVALID'),
        ...UNKNOWN_THEN,
        failure('MANIFEST_INVALID', 'The registry does not accept the manifest any more.'),
        failure('MANIFEST_BLOB_UNKNOWN', 'Blobs of the manifest are gone; each has its own error.'),
        failure('TAG_IMMUTABLE', 'The tag is immutable, or the user may not move tags.'),
        ...ADMIN_WRITE_FAILURES,
      ],
    },
  ],
} as const satisfies RouteDescriptor;
