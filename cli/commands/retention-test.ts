import { isRepositoryName } from '../../core/model/reference.ts';
import { defineCommand } from '../command.ts';
import type { RetentionTestRequest } from '../retention/test-rules.ts';
import { parseTime } from '../subject-values.ts';
import { UsageError } from '../usage-error.ts';
import { CONFIGURATION, configurationPath } from './configuration-path.ts';
import { JSON_OUTPUT } from './shared-options.ts';

export const retentionTest = defineCommand({
  name: 'retention test',
  group: 'registry',
  summary: 'say for each tag of standard input whether the rules of retention keep it, and by which rule',
  details: [
    'Each line has a tag and, after spaces, when it was pushed, such as 2026-01-05T09:00:00Z, and when it was last pulled, or "never". A tag ' +
      'without a time stays where a rule asks for the time. The lines are the tags of one repository, without those that are not listed. Nothing in the storage is read.',
  ],
  arguments: { 'config.yml': CONFIGURATION },
  options: {
    repository: { type: 'string', value: 'name', description: 'the repository of the tags', completes: 'none' },
    at: {
      type: 'string',
      value: 'time',
      description: 'when, such as 2026-01-05T09:00:00Z; by default now',
      completes: 'none',
    },
    ...JSON_OUTPUT,
  },
  examples: [
    ['retention test config.yml --repository team/app < tags.txt', 'test the rules in CI, before they take effect'],
  ],
  parse: ({ args, values: { repository, at, json = false }, env }): RetentionTestRequest => {
    if (repository === undefined) throw new UsageError('"retention test" needs --repository');
    if (!isRepositoryName(repository))
      throw new UsageError(`no repository can have the name ${JSON.stringify(repository)}`);
    const nowMs = at === undefined ? Date.now() : parseTime(at);
    if (nowMs === undefined)
      throw new UsageError(`--at must be a time such as 2026-01-05T09:00:00Z, found ${JSON.stringify(at)}`);
    return { kind: 'retention-test', path: configurationPath(args['config.yml'], env), repository, nowMs, json };
  },
  load: () => import('../retention/test-rules.ts'),
});
