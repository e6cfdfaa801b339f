import type { RouteDescriptor, SuccessDescriptor } from '../../route-descriptor.ts';
import { failure, getAndHead, optional, PLAIN_REQUEST, required } from '../common.ts';
import { ADMIN_FAILURES, ADMIN_WRITE_FAILURES, JSON_LENGTH } from './common.ts';

const CHANGE =
  '`{"id": <text>, "action": "delete" | "rename", "repository": <name>, "to"?: <name>, "announcedAt": <time>, "user"?: <text>, ' +
  '"state": "announced" | "under way" | "withdrawn"}`';

const ENDED =
  CHANGE.slice(0, -2) +
  ', "endedAt"?: <time>, "tags"?: <number>, "manifests"?: <number>, "reason"?: <text>}`; `state` is also "completed", with the numbers ' +
  'of tags and manifests, or "failed", with the reason';

const ANNOUNCED: SuccessDescriptor = {
  status: 202,
  description: 'The change is announced, and a run of the job `repository-changes` completes it.',
  headers: [JSON_LENGTH],
  body: { contentType: 'application/json', description: CHANGE },
};

const FORCE = optional(
  'force',
  'true or false',
  'Even if the repository has immutable tags, which only an administrator of everything may ask for. Default: false.',
);

const CHANGE_FAILURES = [
  failure('NAME_UNKNOWN'),
  failure('TAG_IMMUTABLE', 'The repository has an immutable tag.'),
  failure(
    'STATE_CONFLICT',
    'The new name is taken, another change of one of the names is under way, or `storage.delete.enabled` does not allow it.',
  ),
  ...ADMIN_WRITE_FAILURES,
];

export const adminRepositoryRoute = {
  name: 'admin-repository',
  path: '/v2/_ext/admin/repository',
  entity: 'Repository',
  description:
    'A repository as a whole, which the query names. From the announcement of a change until its end, every change of the ' +
    'repository is answered 503; pulls go on.',
  repository: 'query',
  methods: [
    {
      method: 'DELETE',
      description:
        'Deletes the repository with all it has; repositories whose names begin with its own stay. A garbage collection frees the space. With `storage.delete.keep` it can come back.',
      access: 'admin',
      request: { headers: [], query: [required('repository', '<name>', 'The repository.'), FORCE] },
      successes: [ANNOUNCED],
      failures: [failure('NAME_INVALID'), ...CHANGE_FAILURES],
    },
  ],
} as const satisfies RouteDescriptor;

export const adminRepositoryChangesRoute = {
  name: 'admin-repository-changes',
  path: '/v2/_ext/admin/repository/changes',
  entity: 'Changes of repositories',
  description: 'The deletes and renames of repositories that have been announced and have not ended.',
  repository: false,
  methods: [
    ...getAndHead({
      description: 'Lists them.',
      access: 'admin',
      request: PLAIN_REQUEST,
      successes: [
        {
          status: 200,
          description: 'All changes that have not ended.',
          headers: [JSON_LENGTH],
          body: { contentType: 'application/json', description: '`{"changes": [<change>, …]}`' },
        },
      ],
      failures: ADMIN_FAILURES,
    }),
    {
      method: 'POST',
      description:
        'Renames a repository, without copying content. It needs an administrator of everything, because it concerns two names, ' +
        'and `storage.delete.enabled`, because it removes the old one.',
      access: 'admin',
      request: {
        headers: [],
        query: [
          required('from', '<name>', 'The repository.'),
          required('to', '<name>', 'Its new name, which no repository has.'),
          FORCE,
        ],
      },
      successes: [ANNOUNCED],
      failures: CHANGE_FAILURES,
    },
    {
      method: 'DELETE',
      description:
        'Withdraws the delete of a repository, which stops where it is, or a rename that has not begun. It needs an ' +
        'administrator of everything.',
      access: 'admin',
      request: { headers: [], query: [required('name', '<name>', 'A repository that the change names.')] },
      successes: [
        {
          status: 202,
          description:
            'The withdrawal is recorded. The change ends, and leaves the list of changes, within a quarter of a minute if its work has not ' +
            'begun; otherwise when the process that works on it has stopped, or within half an hour if that process is gone.',
          headers: [JSON_LENGTH],
          body: { contentType: 'application/json', description: CHANGE },
        },
      ],
      failures: [
        failure('STATE_CONFLICT', 'Nothing is announced, it is a rename that has begun, or its work is done.'),
        ...ADMIN_WRITE_FAILURES,
      ],
    },
  ],
} as const satisfies RouteDescriptor;

export const adminRepositoryChangeRoute = {
  name: 'admin-repository-change',
  path: '/v2/_ext/admin/repository/changes/<change>',
  entity: 'Change of a repository',
  description: 'One delete or rename of a repository, by the id in the answer that has announced it.',
  repository: 'query',
  methods: getAndHead({
    description: 'Says how far it is, or within a week how it has ended.',
    access: 'admin',
    request: {
      headers: [],
      query: [
        optional('repository', '<name>', 'The repository that is deleted: then an administrator of it is enough.'),
      ],
    },
    successes: [
      {
        status: 200,
        description: 'The change.',
        headers: [JSON_LENGTH],
        body: { contentType: 'application/json', description: ENDED },
      },
    ],
    failures: [
      failure('NAME_INVALID'),
      failure('ENTRY_UNKNOWN', 'No such change is known, or it is one of another repository.'),
      ...ADMIN_FAILURES,
    ],
  }),
} as const satisfies RouteDescriptor;
