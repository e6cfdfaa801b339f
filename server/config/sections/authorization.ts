import type { z } from 'zod';
import { POLICY_ACTIONS, type PolicyAction } from '../../../plugins/authorization/policy-rule.ts';
import type {
  ImmutableTagsRule,
  PolicySettings,
  RuleSettings,
} from '../../../plugins/authorization/policy-settings.ts';
import { RepositoryRulePattern } from '../../../plugins/authorization/repository-rule-pattern.ts';
import { DAYS, parseClock, WeeklyHours } from '../../../plugins/authorization/weekly-hours.ts';
import { repositoryPattern, tagPattern } from '../../../plugins/patterns/name-pattern.ts';
import type { Finding } from '../engine/problem.ts';
import { flag, name, oneOf, unexpected } from '../engine/scalars.ts';
import { BadValue, listOf, mapOf, required, type Schema, scalar, section, setting } from '../engine/schema.ts';
import { type ConfigNode, isFilled, ListNode, MapNode, nodeAt, ScalarNode } from '../engine/tree.ts';
import { network } from './http-trusted-proxies.ts';

const SECTION = 'authorization';
const WHO = ['users', 'groups', 'anonymous', 'authenticated'] as const;
const LAST_MINUTE = 1440;

const action: Schema<PolicyAction | '*'> = oneOf(...POLICY_ACTIONS, '*');
const rulePattern = patternOf((text) => new RepositoryRulePattern(text), 'team/* or home/${user}/**');
const repositories = patternOf(repositoryPattern, 'team/*');
const tags = patternOf(tagPattern, 'v*');

const clock: Schema<number> = scalar('time of day', (node) => {
  // YAML may read it as a number; its spelling is what counts.
  const minutes = parseClock(node.text);
  if (minutes === undefined) throw unexpected(node, 'a time such as "08:30", up to "24:00"');
  return minutes;
});

const zone: Schema<string> = scalar('time zone', (node) => {
  try {
    new WeeklyHours({ days: DAYS, from: 0, to: LAST_MINUTE, zone: node.text });
    return node.text;
  } catch {
    throw unexpected(node, 'a time zone such as UTC or Europe/Berlin');
  }
});

const hours = section({
  days: setting(listOf(oneOf(...DAYS)), {
    default: `[${DAYS.join(', ')}]`,
    description: 'days of the week on which the period begins',
  }),
  from: setting(clock, { default: '"00:00"', description: 'when it begins' }),
  to: setting(clock, {
    default: '"24:00"',
    description: 'when it ends; on the next day if it is not later than `from`',
  }),
  zone: setting(zone, { default: 'UTC', description: 'time zone of `from` and `to`' }),
});

const rule = section({
  name: setting(name, {
    description: 'what the log and `stowage policy explain` call the rule; by default its number',
  }),
  repositories: required(listOf(rulePattern), {
    description:
      'patterns of repositories; `*` stands for anything except `/`, `**` for anything, `${user}` for the name of the user',
  }),
  users: setting(listOf(name), { default: '[]', description: 'users to whom it applies' }),
  groups: setting(listOf(name), { default: '[]', description: 'groups to whose members it applies' }),
  anonymous: setting(flag, { default: 'false', description: 'whether it applies to clients without credentials' }),
  authenticated: setting(flag, { default: 'false', description: 'whether it applies to every user with credentials' }),
  allow: setting(listOf(action), {
    description: 'actions that it allows: list, pull, push, overwrite, delete, admin, or `*` for all',
  }),
  deny: setting(listOf(action), { description: 'actions that it denies, whatever other rules allow' }),
  networks: setting(listOf(network), {
    description: 'addresses and networks of clients to which it applies; by default all',
  }),
  hours: setting(hours, { description: 'when it applies; by default always' }),
});

const immutable = section({
  repositories: setting(listOf(repositories), {
    default: '["**"]',
    description: 'repositories in which tags are immutable',
  }),
  tags: setting(listOf(tags), { default: '["*"]', description: 'tags that nobody can move or delete' }),
  except: setting(listOf(tags), { default: '[]', description: 'tags that stay mutable although they match `tags`' }),
});

export const authorization = setting(
  section({
    rules: required(listOf(rule), {
      description: 'who may do what; anything that no rule allows is refused',
    }),
    groups: setting(mapOf(listOf(name)), {
      default: '{}',
      description: 'groups of users, in addition to those that the access controller knows',
    }),
    immutabletags: setting(listOf(immutable), {
      default: '[]',
      kept: 'valued',
      description: 'tags that never change, whatever the rules allow',
    }),
  }),
  {
    guarded: true,
    kept: 'set',
    reloads: true,
    description: 'rights per repository; without it, every client that `auth` lets in may do everything',
  },
);

/** @returns `undefined` without the section: every client that the access controller accepts may do everything */
export function toAuthorization(settings: z.output<typeof authorization>): PolicySettings | undefined {
  if (settings === undefined) return undefined;
  const rules = settings.rules.map(({ allow, deny, ...rest }, index): RuleSettings => {
    const actions = allow ?? deny ?? [];
    return {
      ...rest,
      name: rest.name ?? `rule ${index + 1}`,
      effect: allow === undefined ? 'deny' : 'allow',
      actions: actions.includes('*') ? [...POLICY_ACTIONS] : (actions as PolicyAction[]),
    };
  });
  return {
    rules,
    groups: settings.groups,
    immutableTags: settings.immutabletags satisfies ImmutableTagsRule[],
  };
}

/** A rule must say to whom it applies, and either what it allows or what it denies. */
export function checkAuthorization(root: ConfigNode): Finding[] {
  const found = nodeAt(root, [SECTION]);
  if (found === undefined) return [];
  if (!(found instanceof MapNode)) {
    if (!(found instanceof ScalarNode) || found.value !== null) return [];
    return [{ path: [SECTION], message: 'has no rules, so that nobody could do anything; write rules, or remove it' }];
  }
  const rules = nodeAt(found, ['rules']);
  if (!(rules instanceof ListNode)) return [];
  if (rules.items.length === 0) {
    return [{ path: [SECTION, 'rules'], message: 'is empty, so that nobody could do anything; write a rule' }];
  }
  return [
    ...problemsOfImmutableTags(found),
    ...rules.items.flatMap((item, index) => {
      const path = [SECTION, 'rules', index];
      return item instanceof MapNode ? problemsOf(item).map((message) => ({ path, message })) : [];
    }),
  ];
}

/** An empty list could mean no tag, or every one. */
function problemsOfImmutableTags(section: MapNode): Finding[] {
  const list = section.entries.get('immutabletags');
  if (!(list instanceof ListNode)) return [];
  return list.items.flatMap((item, index) =>
    ['repositories', 'tags'].flatMap((key) =>
      item instanceof MapNode && isEmptyList(item.entries.get(key))
        ? [{ path: [SECTION, 'immutabletags', index, key], message: 'is empty; remove it for all of them' }]
        : [],
    ),
  );
}

function problemsOf(rule: MapNode): string[] {
  const isSet = (key: string): boolean => {
    const node = rule.entries.get(key);
    return (
      node !== undefined && isFilled(node) && !(node instanceof ScalarNode && /^(?:false|no|off)$/i.test(node.text))
    );
  };
  const problems: string[] = [];
  if (!WHO.some(isSet)) {
    problems.push('is for nobody; name users or groups, or set anonymous or authenticated to true');
  }
  const effects = ['allow', 'deny'].filter((key) => rule.entries.has(key));
  if (effects.length !== 1) problems.push('must have either allow or deny, with a list of actions');
  for (const key of effects) if (!isSet(key)) problems.push(`${key} names no action; write, for example, [pull]`);
  for (const key of ['users', 'groups', 'networks', 'hours']) {
    const node = rule.entries.get(key);
    if (node !== undefined && !isFilled(node))
      problems.push(`${key} is empty, which could mean all or none; remove it`);
  }
  if (isEmptyList(nodeAt(rule, ['hours', 'days']))) problems.push('hours.days is empty; remove it for every day');
  const denied = rule.entries.get('deny');
  if (
    denied instanceof ListNode &&
    denied.items.length > 0 &&
    denied.items.every((item) => textOfNode(item) === 'admin')
  ) {
    problems.push('deny names only admin, which denies nothing that clients ask for; write ["*"] to deny everything');
  }
  const repositories = rule.entries.get('repositories');
  if (repositories instanceof ListNode && repositories.items.length === 0) {
    problems.push('repositories is empty; write ["**"] for all of them');
  }
  return problems;
}

function isEmptyList(node: ConfigNode | undefined): boolean {
  return node !== undefined && !isFilled(node);
}

function textOfNode(node: ConfigNode): string | undefined {
  return node instanceof ScalarNode ? node.text : undefined;
}

/** The pattern as it was written. */
function patternOf(check: (text: string) => unknown, example: string): Schema<string> {
  return scalar('pattern', (node) => {
    try {
      check(node.text);
      return node.text;
    } catch (error) {
      throw new BadValue(
        `expected a pattern such as ${example}: ${(error as Error).message}`,
        JSON.stringify(node.text),
      );
    }
  });
}
