import { defineCommand } from '../command.ts';
import type { PolicyTestRequest } from '../policy/test-policy.ts';
import { CONFIGURATION, configurationPath } from './configuration-path.ts';

export const policyTest = defineCommand({
  name: 'policy test',
  group: 'registry',
  summary: 'compare what the policy of a configuration decides with a table of expectations',
  details: [
    'The table is YAML: a list "expect" of entries with user (none: anonymous), groups, address, time, repository, action (one or ' +
      'a list), allowed, and rule, the name of the rule that must decide. It ends with 1 when an expectation does not hold.',
  ],
  arguments: {
    'expectations.yml': { description: 'the file of the table', completes: 'file' },
    'config.yml': CONFIGURATION,
  },
  options: {},
  examples: [['policy test expectations.yml config.yml', 'test the rules in CI, before they are in effect']],
  parse: ({ args, env }): PolicyTestRequest => ({
    kind: 'policy-test',
    file: args['expectations.yml'],
    path: configurationPath(args['config.yml'], env),
  }),
  load: () => import('../policy/test-policy.ts'),
});
