import { defineCommand } from '../command.ts';
import type { TagRestoreRequest } from '../tag-history/restore-tag.ts';
import { UsageError } from '../usage-error.ts';
import { CONFIGURATION } from './configuration-path.ts';
import { ADMIN_DETAILS, ADMIN_TARGET, givenAdminTarget } from './given-admin-target.ts';
import { givenTag } from './given-tag.ts';
import { givenTime } from './given-time.ts';
import { JSON_OUTPUT } from './shared-options.ts';

export const tagRestore = defineCommand({
  name: 'tag restore',
  group: 'registry',
  summary: 'point a tag back to what it was at a time; the registry may be running',
  details: [
    'The tag is moved as by a push of that manifest, which the repository still has: immutable tags stay as they are, and the move is recorded. "stowage tag history" shows the moves and their times. With a time just before a move, the command undoes it.',
    ADMIN_DETAILS,
  ],
  arguments: {
    tag: {
      description: 'repository:tag, such as team/app:v1',
      completes: 'none',
      missing: 'say which tag: repository:tag, such as team/app:v1',
    },
    'config.yml': CONFIGURATION,
  },
  options: {
    at: {
      type: 'string',
      value: 'time',
      description:
        'when the tag pointed to what it shall point to; a time such as 2026-11-30T09:00Z, or a date, in UTC',
      completes: 'none',
    },
    ...ADMIN_TARGET,
    ...JSON_OUTPUT,
  },
  examples: [['tag restore team/app:latest --at 2026-11-01T00:00Z config.yml', 'undo all that was pushed to it since']],
  parse: ({ args, values, env }): TagRestoreRequest => {
    const { repository, tag } = givenTag(args.tag);
    if (tag === undefined) throw new UsageError(`${JSON.stringify(args.tag)} names no tag; write repository:tag`);
    if (values.at === undefined) throw new UsageError('--at must say as of which time');
    const target = givenAdminTarget(args['config.yml'], values, env);
    return { ...target, kind: 'tag-restore', repository, tag, at: givenTime(values.at), json: values.json ?? false };
  },
  load: () => import('../tag-history/restore-tag.ts'),
});
