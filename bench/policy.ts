// Measures decisions of a policy with rules for 1 000 repositories. Run: node dist/bench/policy.js
import { createPolicy, type RuleSettings } from '../plugins/authorization/policy-settings.ts';

const REPOSITORIES = 1000;
const DECISIONS = 100_000;
const ROUNDS = 9;
const RULE = { effect: 'allow', users: [], groups: [], anonymous: false, authenticated: false } as const;

const rules: readonly RuleSettings[] = [
  ...Array.from({ length: REPOSITORIES }, (_, index): RuleSettings => {
    const repositories = [index % 2 === 0 ? `team-${index}/**` : `library/app-${index}`];
    return { ...RULE, name: `rule ${index}`, repositories, users: [`user-${index}`], actions: ['push'] };
  }),
  { ...RULE, name: 'everybody', repositories: ['**'], anonymous: true, authenticated: true, actions: ['pull'] },
  { ...RULE, name: 'homes', repositories: ['home/${user}/**'], authenticated: true, actions: ['admin'] },
  { ...RULE, name: 'nobody', effect: 'deny', repositories: ['**'], users: ['eve'], actions: ['push'] },
];
const policy = createPolicy({ rules, groups: {}, immutableTags: [] });
const NAMES = ['team-8/app/part', 'library/app-11', 'home/user-3/app', 'nowhere/at/all'];

const rounds = Array.from({ length: ROUNDS }, () => {
  const before = process.cpuUsage();
  for (let index = 0; index < DECISIONS; index += 1) {
    const subject = { user: `user-${index % REPOSITORIES}`, groups: [], address: '192.0.2.1', nowMs: 0 };
    policy.decide({ repository: NAMES[index % NAMES.length] as string, action: 'pull' }, subject);
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / DECISIONS;
});
const median = rounds.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] as number;
process.stdout.write(
  `${REPOSITORIES} repositories with rules, median of ${ROUNDS} rounds: ${median.toFixed(2)} µs of processor time a decision (target 20)\n`,
);
