import { defineCommand } from '../command.ts';
import type { RetentionTestRequest } from '../retention/test-rules.ts';
import { CONFIGURATION, configurationPath } from './configuration-path.ts';
import { AT, givenTime, neededRepository } from './given-decision.ts';
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
    ...AT,
    ...JSON_OUTPUT,
  },
  examples: [
    ['retention test config.yml --repository team/app < tags.txt', 'test the rules in CI, before they take effect'],
  ],
  parse: ({ args, values, env }): RetentionTestRequest => {
    const { json = false } = values;
    const repository = neededRepository('retention test', values.repository);
    const path = configurationPath(args['config.yml'], env);
    return { kind: 'retention-test', path, repository, nowMs: givenTime(values), json };
  },
  load: () => import('../retention/test-rules.ts'),
});
