import { POLICY_ACTIONS, type PolicyAction } from '../../plugins/authorization/policy-rule.ts';
import { defineCommand } from '../command.ts';
import type { PolicyExplainRequest } from '../policy/explain-policy.ts';
import { parseAddress } from '../subject-values.ts';
import { UsageError } from '../usage-error.ts';
import { CONFIGURATION, configurationPath } from './configuration-path.ts';
import { AT, givenTime, neededRepository } from './given-decision.ts';
import { JSON_OUTPUT } from './shared-options.ts';

export const policyExplain = defineCommand({
  name: 'policy explain',
  group: 'registry',
  summary: 'say whether the policy of a configuration allows an action, and which rule decides',
  details: ['Without --user, the client is anonymous. It exits with 5 if the policy refuses the action.'],
  arguments: { 'config.yml': CONFIGURATION },
  options: {
    user: { type: 'string', value: 'name', description: 'the user who asks', completes: 'none' },
    group: { type: 'string', multiple: true, value: 'name', description: 'a group of the user', completes: 'none' },
    repository: { type: 'string', value: 'name', description: 'the repository', completes: 'none' },
    action: {
      type: 'string',
      value: 'action',
      description: `what the user wants to do: ${POLICY_ACTIONS.join(', ')}`,
      completes: POLICY_ACTIONS,
    },
    address: { type: 'string', value: 'ip', description: 'the address of the client', completes: 'none' },
    ...AT,
    ...JSON_OUTPUT,
  },
  examples: [
    ['policy explain config.yml --user ann --repository team/app --action push', 'whether ann may push there'],
    ['policy explain config.yml --repository public/app --action pull', 'whether anybody may pull there'],
  ],
  parse: ({ args, values, env }): PolicyExplainRequest => {
    const { user, group = [], action, address, json = false } = values;
    const repository = neededRepository('policy explain', values.repository);
    if (user === '') throw new UsageError('--user is empty; leave it out for an anonymous client');
    if (address !== undefined && parseAddress(address) === undefined) {
      throw new UsageError(`--address must be an IP address, found ${JSON.stringify(address)}`);
    }
    const subject = { user, groups: group, address, nowMs: givenTime(values) };
    const path = configurationPath(args['config.yml'], env);
    return { kind: 'policy-explain', path, subject, repository, action: actionOf(action), json };
  },
  load: () => import('../policy/explain-policy.ts'),
});

function actionOf(text: string | undefined): PolicyAction {
  const found = POLICY_ACTIONS.find((action) => action === text);
  if (found === undefined) throw new UsageError(`--action must be one of ${POLICY_ACTIONS.join(', ')}`);
  return found;
}
