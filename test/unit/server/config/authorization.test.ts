import test from 'ava';
import { load, MINIMAL, problemsOf } from './loading.ts';

const RULE = '    - {repositories: ["**"], anonymous: true, allow: [pull]}\n';

/** What stands below `authorization:`, and the problems with it. */
const REFUSED: Readonly<Record<string, readonly [text: string, problems: readonly (string | RegExp)[]]>> = {
  nothing: [
    '',
    ['config.yml:3: authorization: has no rules, so that nobody could do anything; write rules, or remove it'],
  ],
  'no rules': ['  groups: {a: [b]}\n', [/^config\.yml:3: authorization\.rules: is missing; expected a list/]],
  'an empty list of rules': [
    '  rules: []\n',
    ['config.yml:4: authorization.rules: is empty, so that nobody could do anything; write a rule'],
  ],
  'a text as rules': ['  rules: all\n', [/^config\.yml:4: authorization\.rules: expected a list, found "all"/]],
  'a text as rule': ['  rules: [all]\n', [/^config\.yml:4: authorization\.rules\[0\]: expected a section/]],
  'a rule for nobody': [
    '  rules:\n    - {repositories: ["**"], allow: [pull]}\n',
    [
      'config.yml:5: authorization.rules[0]: is for nobody; name users or groups, or set anonymous or authenticated to true',
    ],
  ],
  'a rule for empty lists': [
    '  rules:\n    - {repositories: ["**"], users: [], anonymous: no, allow: [pull]}\n',
    [/authorization\.rules\[0\]: is for nobody/, /users is empty, which could mean all or none; remove it$/],
  ],
  'networks without a value': [
    '  rules:\n    - {repositories: ["**"], anonymous: true, allow: [pull], networks: }\n',
    [/networks is empty, which could mean all or none; remove it$/],
  ],
  'an empty list of networks': [
    '  rules:\n    - {repositories: ["**"], anonymous: true, deny: [pull], networks: []}\n',
    [/networks is empty/],
  ],
  'hours without a value': [
    '  rules:\n    - {repositories: ["**"], anonymous: true, allow: [pull], hours: }\n',
    [/hours is empty/],
  ],
  'hours on no day': [
    '  rules:\n    - {repositories: ["**"], anonymous: true, allow: [pull], hours: {days: []}}\n',
    [/hours\.days is empty; remove it for every day$/],
  ],
  'a denial of admin alone': [
    '  rules:\n    - {repositories: ["**"], authenticated: true, deny: [admin]}\n',
    [/deny names only admin, .*; write \["\*"\] to deny everything$/],
  ],
  'immutable tags of no repository': [
    `  rules:\n${RULE}  immutabletags:\n    - {repositories: []}\n`,
    [/immutabletags\[0\]\.repositories: is empty; remove it for all of them$/],
  ],
  'a rule that says nothing': [
    '  rules:\n    - {repositories: ["**"], anonymous: true}\n',
    [/must have either allow or deny, with a list of actions$/],
  ],
  'a rule that allows and denies': [
    '  rules:\n    - {repositories: ["**"], anonymous: true, allow: [pull], deny: [push]}\n',
    [/must have either allow or deny/],
  ],
  'a rule that allows nothing': [
    '  rules:\n    - {repositories: ["**"], anonymous: true, allow: []}\n',
    [/allow names no action; write, for example, \[pull\]$/],
  ],
  'no repositories': [
    '  rules:\n    - {anonymous: true, allow: [pull]}\n',
    [/authorization\.rules\[0\]\.repositories: is missing/],
  ],
  'an empty list of repositories': [
    '  rules:\n    - {repositories: [], anonymous: true, allow: [pull]}\n',
    [/repositories is empty; write \["\*\*"\] for all of them$/],
  ],
  'an unknown action': [
    `  rules:\n    - {repositories: ["**"], anonymous: true, allow: [pul]}\n`,
    [/allow\[0\]: unknown value "pul", expected one of list, pull, .*did you mean "pull"\?/],
  ],
  'a regular expression': [
    '  rules:\n    - {repositories: ["^team/.+$"], anonymous: true, allow: [pull]}\n',
    [/repositories\[0\]: expected a pattern such as team\/\* or home\/\$\{user\}\/\*\*: a pattern may contain only/],
  ],
  'a pattern in capital letters': [
    '  rules:\n    - {repositories: ["Team/*"], anonymous: true, allow: [pull]}\n',
    [/repository names have no capital letters, found "Team\/\*"$/],
  ],
  'another variable': [
    '  rules:\n    - {repositories: ["home/${group}"], anonymous: true, allow: [pull]}\n',
    [/repositories\[0\]: expected a pattern/],
  ],
  'a wrong network': [
    `  rules:\n    - {repositories: ["**"], anonymous: true, allow: [pull], networks: [10.0.0.0/33]}\n`,
    [/networks\[0\]: expected an address or a network such as 10\.0\.0\.0\/8, found "10\.0\.0\.0\/33"$/],
  ],
  'a wrong time': [
    `  rules:\n    - {repositories: ["**"], anonymous: true, allow: [pull], hours: {from: "8:00"}}\n`,
    [/hours\.from: expected a time such as "08:30", up to "24:00", found "8:00"$/],
  ],
  'an unknown zone': [
    `  rules:\n    - {repositories: ["**"], anonymous: true, allow: [pull], hours: {zone: Mars}}\n`,
    [/hours\.zone: expected a time zone such as UTC or Europe\/Berlin, found "Mars"$/],
  ],
  'an unknown day': [
    `  rules:\n    - {repositories: ["**"], anonymous: true, allow: [pull], hours: {days: [monday]}}\n`,
    [/hours\.days\[0\]: unknown value "monday"/],
  ],
  'an unknown key': [
    `  rule:\n${RULE}`,
    [/authorization\.rules: is missing/, /authorization\.rule: unknown key, did you mean "rules"\?/],
  ],
  'an unknown key of a rule': [
    '  rules:\n    - {repository: ["**"], anonymous: true, allow: [pull]}\n',
    [/repositories: is missing/, /repository: unknown key; known here: name, repositories,/],
  ],
  'a text as a list of users': [
    '  rules:\n    - {repositories: ["**"], users: ann, allow: [pull]}\n',
    [/users: expected a list, found "ann"$/],
  ],
  'a wrong pattern of tags': [
    `  rules:\n${RULE}  immutabletags:\n    - {tags: ["a/b"]}\n`,
    [/immutabletags\[0\]\.tags\[0\]: expected a pattern such as v\*: tags contain no "\/"/],
  ],
};

for (const [what, [text, expected]] of Object.entries(REFUSED)) {
  test(`an authorization with ${what} is refused, with its line and what to do`, async (t) => {
    const problems = await problemsOf(`${MINIMAL}authorization:\n${text}`);
    t.is(problems.length, expected.length, problems.join('\n'));
    for (const [index, problem] of expected.entries()) {
      if (typeof problem === 'string') t.is(problems[index], problem);
      else t.regex(problems[index] ?? '', problem);
    }
  });
}

test('rules get numbers as names, and * stands for all actions', async (t) => {
  const text = `${MINIMAL}authorization:\n  rules:\n${RULE}    - {name: staff, repositories: [a], users: [ann], deny: ["*"]}\n`;
  const { authorization } = (await load(text)).configuration;
  t.deepEqual(
    authorization?.rules.map(({ name, effect, actions }) => [name, effect, actions.length]),
    [
      ['rule 1', 'allow', 1],
      ['staff', 'deny', 6],
    ],
  );
});

test('no variable takes the rules away', async (t) => {
  const text = `${MINIMAL}authorization:\n  rules:\n${RULE}`;
  const taken = {
    REGISTRY_AUTHORIZATION: '',
    REGISTRY_AUTHORIZATION_RULES: '',
    REGISTRY_AUTHORIZATION_RULES_0_NETWORKS: '',
  };
  for (const [name, value] of Object.entries(taken)) {
    t.true((await problemsOf(text, { [name]: value })).length > 0, name);
  }
});
