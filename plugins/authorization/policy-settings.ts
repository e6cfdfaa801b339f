import { type Network, toBlockList } from '../../core/model/network.ts';
import { repositoryPattern, tagPattern } from '../patterns/name-pattern.ts';
import { TagRules } from '../registry-wrappers/immutable-tags/tag-rules.ts';
import { Policy } from './policy.ts';
import { type PolicyAction, type PolicyRule, withImplied } from './policy-rule.ts';
import { RepositoryRulePattern } from './repository-rule-pattern.ts';
import { WeeklyHours, type WeeklyHoursOptions } from './weekly-hours.ts';

/** A rule as plain data. */
export interface RuleSettings {
  readonly name: string;
  readonly effect: 'allow' | 'deny';
  readonly repositories: readonly string[];
  readonly users: readonly string[];
  readonly groups: readonly string[];
  readonly anonymous: boolean;
  readonly authenticated: boolean;
  readonly actions: readonly PolicyAction[];
  readonly networks?: readonly Network[] | undefined;
  readonly hours?: WeeklyHoursOptions | undefined;
}

/** The tags that nobody may move or delete, as patterns. */
export interface ImmutableTagsRule {
  readonly repositories: readonly string[];
  readonly tags: readonly string[];
  readonly except: readonly string[];
}

/** A policy as plain data: the section `authorization` of the configuration. */
export interface PolicySettings {
  readonly rules: readonly RuleSettings[];
  /** The users of each group. */
  readonly groups: Readonly<Record<string, readonly string[]>>;
  readonly immutableTags: readonly ImmutableTagsRule[];
}

/**
 * Creates a policy from settings.
 * @throws Error for a malformed pattern, and RangeError for an unknown time zone
 */
export function createPolicy({ rules, groups, immutableTags }: PolicySettings): Policy {
  const membersOf = (name: string): readonly string[] => (Object.hasOwn(groups, name) ? (groups[name] ?? []) : []);
  return new Policy(
    rules.map((rule) => toRule(rule, { membersOf, isDefined: (name) => Object.hasOwn(groups, name) })),
    immutableTags.map(toTagRules),
  );
}

function toRule(
  { repositories, users, groups, actions, networks, hours, ...rest }: RuleSettings,
  { membersOf, isDefined }: { membersOf: (group: string) => readonly string[]; isDefined: (group: string) => boolean },
): PolicyRule {
  return {
    ...rest,
    repositories: repositories.map((source) => new RepositoryRulePattern(source)),
    users: new Set([...users, ...groups.flatMap(membersOf)]),
    // A group that the configuration defines has these members only, whatever an access controller says.
    groups: new Set(groups.filter((group) => !isDefined(group))),
    // Denying pushes must not deny pulls.
    actions: rest.effect === 'allow' ? withImplied(actions) : new Set(actions),
    networks: networks && toBlockList(networks),
    hours: hours && new WeeklyHours(hours),
  };
}

function toTagRules({ repositories, tags, except }: ImmutableTagsRule): TagRules {
  return new TagRules({
    repositories: repositories.map(repositoryPattern),
    tags: tags.map(tagPattern),
    except: except.map(tagPattern),
  });
}
