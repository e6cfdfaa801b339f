import { defineCommand } from '../command.ts';
import type { PolicyTestRequest } from '../policy/test-policy.ts';
import { CONFIGURATION, configurationPath } from './configuration-path.ts';

export const policyTest = defineCommand({
  name: 'policy test',
  group: 'registry',
  summary: 'compare the decisions of the policy of a configuration with a table of expectations',
  details: [
    'The table is YAML: a list "expect" of entries with user (anonymous if absent), groups, address, time, repository, action (one or ' +
      'a list), allowed, and rule, the name of the rule that must decide. It exits with 1 if an expectation does not hold.',
  ],
  arguments: {
    'expectations.yml': { description: 'the file with the table', completes: 'file' },
    'config.yml': CONFIGURATION,
  },
  options: {},
  examples: [['policy test expectations.yml config.yml', 'test the rules in CI, before they take effect']],
  parse: ({ args, env }): PolicyTestRequest => ({
    kind: 'policy-test',
    file: args['expectations.yml'],
    path: configurationPath(args['config.yml'], env),
  }),
  load: () => import('../policy/test-policy.ts'),
});
