import { defineCommand } from '../command.ts';
import type { TagHistoryRequest } from '../tag-history/show-history.ts';
import { UsageError } from '../usage-error.ts';
import { CONFIGURATION } from './configuration-path.ts';
import { ADMIN_DETAILS, ADMIN_TARGET, givenAdminTarget } from './given-admin-target.ts';
import { givenTag } from './given-tag.ts';
import { givenTime } from './given-time.ts';
import { JSON_OUTPUT } from './shared-options.ts';

export const tagHistory = defineCommand({
  name: 'tag history',
  group: 'registry',
  summary: 'show who moved a tag, when, from what to what; or what it pointed to at a time',
  details: [
    ADMIN_DETAILS,
    'Moves are recorded with storage.maintenance.taghistory.keep. With --at, the command prints the image by its digest, which every client can pull.',
  ],
  arguments: {
    tag: {
      description: 'repository:tag, or a repository for all of its tags',
      completes: 'none',
      missing: 'say of which tag: repository:tag, such as team/app:v1',
    },
    'config.yml': CONFIGURATION,
  },
  options: {
    at: {
      type: 'string',
      value: 'time',
      description: 'print to what the tag pointed then; a time such as 2026-11-30T09:00Z, or a date, in UTC',
      completes: 'none',
    },
    ...ADMIN_TARGET,
    ...JSON_OUTPUT,
  },
  examples: [
    ['tag history team/app:latest --registry registry.example.com', 'all that is recorded of a tag'],
    ['tag history team/app:latest --at 2026-11-01T00:00Z config.yml', 'what it was then, such as team/app@sha256:…'],
  ],
  parse: ({ args, values, env }): TagHistoryRequest => {
    const { repository, tag } = givenTag(args.tag);
    const common = { ...givenAdminTarget(args['config.yml'], values, env), json: values.json ?? false, repository };
    if (values.at === undefined) return { ...common, kind: 'tag-history', tag };
    if (tag === undefined) throw new UsageError('--at needs a tag: repository:tag, such as team/app:v1');
    return { ...common, kind: 'tag-history', tag, at: givenTime(values.at) };
  },
  load: () => import('../tag-history/show-history.ts'),
});
