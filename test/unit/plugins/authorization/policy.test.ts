import test from 'ava';
import type { PolicySubject } from '../../../../plugins/authorization/policy.ts';
import type { PolicyAction } from '../../../../plugins/authorization/policy-rule.ts';
import { createPolicy, type RuleSettings } from '../../../../plugins/authorization/policy-settings.ts';

const NOW = Date.UTC(2026, 0, 5, 12);

/** A rule as the configuration gives it, but for what the test says. */
function rule(changes: Partial<RuleSettings>): RuleSettings {
  return {
    ...{ name: 'rule', effect: 'allow', repositories: ['**'], users: [], groups: [] },
    ...{ anonymous: false, authenticated: false, actions: ['pull'] },
    ...changes,
  };
}

function policyOf(rules: readonly Partial<RuleSettings>[], groups: Readonly<Record<string, readonly string[]>> = {}) {
  const named = rules.map((changes, index) => rule({ name: `rule ${index + 1}`, ...changes }));
  return createPolicy({ rules: named, groups, immutableTags: [] });
}

function user(name: string | undefined, changes: Partial<PolicySubject> = {}): PolicySubject {
  return { user: name, groups: [], address: '192.0.2.7', nowMs: NOW, ...changes };
}

const ANN = user('ann');
const NOBODY = user(undefined);

test('without a rule for a repository nothing is allowed, and the reason says so', (t) => {
  const policy = policyOf([{ repositories: ['team/*'], users: ['ann'] }]);
  t.true(policy.decide({ repository: 'team/app', action: 'pull' }, ANN).isAllowed);
  for (const repository of ['team', 'team/a/b', 'teams/app', 'other']) {
    const decision = policy.decide({ repository, action: 'pull' }, ANN);
    t.deepEqual(decision, { isAllowed: false, rule: undefined, reason: 'no rule is about this repository' });
  }
});

test('a rule is for its users, for members of its groups, for everybody with a name, or for those without one', (t) => {
  const policy = policyOf(
    [
      { repositories: ['a'], users: ['ann'] },
      { repositories: ['b'], groups: ['local', 'remote'] },
      { repositories: ['c'], authenticated: true },
      { repositories: ['d'], anonymous: true },
      { repositories: ['e'], anonymous: true, authenticated: true },
    ],
    { local: ['bob'] },
  );
  const allowed = (subject: PolicySubject): string =>
    ['a', 'b', 'c', 'd', 'e']
      .filter((name) => policy.decide({ repository: name, action: 'pull' }, subject).isAllowed)
      .join('');
  t.is(allowed(ANN), 'ace');
  t.is(allowed(user('bob')), 'bce');
  t.is(allowed(user('cyd', { groups: ['remote'] })), 'bce');
  t.is(allowed(user('local')), 'ce');
  // A group that the configuration defines has only the members that it lists.
  t.is(allowed(user('eve', { groups: ['local'] })), 'ce');
  t.is(allowed(NOBODY), 'de');
});

const IMPLIED: Readonly<Record<PolicyAction, readonly PolicyAction[]>> = {
  list: ['list'],
  pull: ['list', 'pull'],
  push: ['list', 'pull', 'push'],
  overwrite: ['list', 'pull', 'push', 'overwrite'],
  delete: ['list', 'delete'],
  admin: ['list', 'pull', 'push', 'overwrite', 'delete', 'admin'],
};

for (const [action, expected] of Object.entries(IMPLIED)) {
  test(`to allow ${action} allows ${expected.join(', ')}, and to deny it denies nothing else`, (t) => {
    const all = Object.keys(IMPLIED) as PolicyAction[];
    const actions = [action as PolicyAction];
    const allowing = policyOf([{ users: ['ann'], actions }]);
    const allowed = all.filter((each) => allowing.decide({ repository: 'app', action: each }, ANN).isAllowed);
    t.deepEqual(allowed, [...expected]);
    const denying = policyOf([
      { users: ['ann'], actions: ['admin'] },
      { effect: 'deny', users: ['ann'], actions },
    ]);
    const denied = all.filter((each) => !denying.decide({ repository: 'app', action: each }, ANN).isAllowed);
    t.deepEqual(denied, actions);
  });
}

test('of rules for several patterns those of the closest one decide, for users whom they do not name as well', (t) => {
  const policy = policyOf([
    { repositories: ['**'], authenticated: true },
    { repositories: ['team/**'], users: ['bob'], actions: ['push'] },
    { repositories: ['team/secret'], users: ['cyd'] },
  ]);
  const pull = (name: string, repository: string) => policy.decide({ repository, action: 'pull' }, user(name));
  t.true(pull('ann', 'other').isAllowed);
  t.is(pull('ann', 'team/app').reason, 'no rule for team/**, the closest pattern, allows it');
  t.true(pull('bob', 'team/app').isAllowed);
  t.false(pull('bob', 'team/secret').isAllowed);
  t.true(pull('cyd', 'team/secret').isAllowed);
});

test('rules with patterns that fix equally many characters count together', (t) => {
  const policy = policyOf([
    { repositories: ['a/*'], users: ['ann'] },
    { repositories: ['a/**', 'b'], users: ['ann'], actions: ['push'] },
  ]);
  t.true(policy.decide({ repository: 'a/x', action: 'push' }, ANN).isAllowed);
  t.true(policy.decide({ repository: 'b', action: 'push' }, ANN).isAllowed);
});

test('a rule that denies decides, however close the patterns of others are and wherever it stands', (t) => {
  const denying: Partial<RuleSettings> = { name: 'no eve', effect: 'deny', users: ['eve'], actions: ['push'] };
  const allowing: Partial<RuleSettings> = { repositories: ['team/app'], users: ['eve'], actions: ['push'] };
  for (const rules of [
    [denying, allowing],
    [allowing, denying],
  ]) {
    const decision = policyOf(rules).decide({ repository: 'team/app', action: 'push' }, user('eve'));
    t.false(decision.isAllowed);
    t.is(decision.rule?.name, 'no eve');
    t.is(decision.reason, 'no eve denies it for **');
    t.true(policyOf(rules).decide({ repository: 'team/app', action: 'pull' }, user('eve')).isAllowed);
  }
});

test('an administrator is one also where a closer pattern has rules for others', (t) => {
  const policy = policyOf([
    { users: ['root'], actions: ['admin'] },
    { repositories: ['team/**'], users: ['bob'] },
  ]);
  const decision = policy.decide({ repository: 'team/app', action: 'delete' }, user('root'));
  t.deepEqual([decision.isAllowed, decision.rule?.name], [true, 'rule 1']);
});

test('${user} is the name of the user who asks, and keeps others out of what it covers', (t) => {
  const policy = policyOf([
    { repositories: ['**'], authenticated: true, anonymous: true },
    { repositories: ['home/${user}/**'], authenticated: true, actions: ['overwrite'] },
  ]);
  const may = (subject: PolicySubject, repository: string): boolean =>
    policy.decide({ repository, action: 'pull' }, subject).isAllowed;
  t.true(may(ANN, 'home/ann/app'));
  t.true(policy.decide({ repository: 'home/ann/app', action: 'overwrite' }, ANN).isAllowed);
  for (const subject of [
    user('bob'),
    NOBODY,
    user('an'),
    user('*'),
    user('**'),
    user('ann/app'),
    user('a.n'),
    user(''),
  ]) {
    t.false(may(subject, 'home/ann/app'), String(subject.user));
  }
  t.true(may(user('bob'), 'home/other'));
});

test('a rule with networks is for clients from there; one whose address is not known is refused', (t) => {
  const networks = [
    { address: '10.0.0.0', prefix: 8, family: 'ipv4' },
    { address: '2001:db8::', prefix: 32, family: 'ipv6' },
  ] as const;
  const allowing = policyOf([{ users: ['ann'], networks }]);
  const denying = policyOf([{ users: ['ann'] }, { effect: 'deny', users: ['ann'], networks }]);
  const expected: readonly (readonly [string | undefined, boolean, boolean])[] = [
    ['10.1.2.3', true, false],
    ['2001:db8::1', true, false],
    ['192.0.2.1', false, true],
    ['2001:db9::1', false, true],
    [undefined, false, false],
  ];
  for (const [address, allowed, notDenied] of expected) {
    const question = { repository: 'app', action: 'pull' } as const;
    t.is(allowing.decide(question, user('ann', { address })).isAllowed, allowed);
    t.is(denying.decide(question, user('ann', { address })).isAllowed, notDenied);
  }
});

test('a rule with hours holds on its days, in its time zone', (t) => {
  const hours = { days: ['mon'], from: 9 * 60, to: 17 * 60, zone: 'Europe/Berlin' } as const;
  const policy = policyOf([{ users: ['ann'], hours }]);
  const at = (...time: [number, number]) =>
    policy.decide({ repository: 'app', action: 'pull' }, user('ann', { nowMs: Date.UTC(2026, 0, 5, ...time) }))
      .isAllowed;
  t.deepEqual([at(7, 59), at(8, 0), at(15, 59), at(16, 0)], [false, true, true, false]);
});

test('what is asked for every repository needs an administrator of all whom nothing denies it', (t) => {
  const policy = policyOf([
    { users: ['ann', 'bob'], actions: ['admin'] },
    { repositories: ['a/**'], users: ['cyd'], actions: ['admin'] },
    { authenticated: true, actions: ['pull'] },
    { effect: 'deny', repositories: ['secret'], users: ['bob'], actions: ['pull'] },
  ]);
  t.deepEqual(
    ['ann', 'bob', 'cyd', 'eve'].map((name) => policy.mayEverywhere('pull', user(name))),
    [true, false, false, false],
  );
});

test('whether anything can be listed does not depend on names', (t) => {
  const policy = policyOf([{ repositories: ['a'], users: ['ann'], actions: ['list'] }]);
  t.deepEqual(
    [policy.mayAnywhere('list', ANN), policy.mayAnywhere('pull', ANN), policy.mayAnywhere('list', NOBODY)],
    [true, false, false],
  );
});
