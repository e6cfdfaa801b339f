import { testBroken } from './broken-access.ts';

const rule = (more: string) => `authorization:\n  rules:\n    - {repositories: ["**"], ${more}}`;
testBroken({
  'authorization without a value': ['authorization:', '5: authorization', /has no rules.*; write rules, or remove it/],
  'authorization that is true': ['authorization: true', '5: authorization', /expected a section/],
  'authorization that is a list': ['authorization: []', '5: authorization', /expected a section/],
  'authorization without rules': [
    'authorization:\n  groups: {a: [b]}',
    '5: authorization.rules',
    /is missing; expected a list/,
  ],
  'an empty list of rules': ['authorization:\n  rules: []', '6: authorization.rules', /is empty, .*; write a rule/],
  'a rule for nobody': [
    rule('allow: [pull]'),
    '7: authorization.rules[0]',
    /is for nobody; name users or groups, or set anonymous or authenticated to true/,
  ],
  'a rule that allows and denies': [
    rule('anonymous: true, allow: [pull], deny: [push]'),
    '7: authorization.rules[0]',
    /must have either allow or deny/,
  ],
  'an unknown action': [
    rule('anonymous: true, allow: [pul]'),
    '7: authorization.rules[0].allow[0]',
    /did you mean "pull"\?/,
  ],
  'networks without a value': [
    rule('anonymous: true, allow: [pull], networks: '),
    '7: authorization.rules[0]',
    /networks is empty, which could mean all or none; remove it/,
  ],
  'a wrong network': [
    rule('anonymous: true, allow: [pull], networks: [10.0.0.0/33]'),
    '7: authorization.rules[0].networks[0]',
    /expected an address or a network such as 10\.0\.0\.0\/8/,
  ],
  'a wrong time': [
    rule('anonymous: true, allow: [pull], hours: {from: "8:00"}'),
    '7: authorization.rules[0].hours.from',
    /expected a time such as "08:30"/,
  ],
  'a pattern that is a regular expression': [
    'authorization:\n  rules:\n    - {repositories: ["^a.+$"], anonymous: true, allow: [pull]}',
    '7: authorization.rules[0].repositories[0]',
    /expected a pattern such as team\/\*/,
  ],
  'an unknown key of a rule': [
    rule('anonymous: true, alow: [pull]'),
    '7: authorization.rules[0].alow',
    /did you mean "allow"\?/,
  ],
  'groups that are a list': [
    `${rule('anonymous: true, allow: [pull]')}\n  groups: [a]`,
    '8: authorization.groups',
    /expected a section/,
  ],
  'a wrong pattern of tags': [
    `${rule('anonymous: true, allow: [pull]')}\n  immutabletags: [{tags: ["a/b"]}]`,
    '8: authorization.immutabletags[0].tags[0]',
    /expected a pattern such as v\*/,
  ],
});
