import { isIPv6 } from 'node:net';
import type { TagRules } from '../registry-wrappers/immutable-tags/tag-rules.ts';
import type { PolicyAction, PolicyRule } from './policy-rule.ts';
import { type IndexedRule, RuleIndex } from './rule-index.ts';

/** The client, and the circumstances of its request. */
export interface PolicySubject {
  /** `undefined` for an anonymous client. */
  readonly user: string | undefined;
  readonly groups: readonly string[];
  /** The IP address of the client; `undefined` if it is unknown, as on a Unix socket. */
  readonly address: string | undefined;
  /** The time, in milliseconds since 1970. */
  readonly nowMs: number;
}

/** The requested access. */
export interface PolicyQuestion {
  readonly repository: string;
  readonly action: PolicyAction;
}

/** A decision, with the reason. */
export interface PolicyDecision {
  readonly isAllowed: boolean;
  /** The rule that decided; `undefined` if none applied. */
  readonly rule: PolicyRule | undefined;
  /** One sentence. */
  readonly reason: string;
}

/**
 * Permissions per repository. Whatever no rule allows is denied.
 *
 * 1. A rule that denies wins over all others. If its circumstances are unknown, it counts as applicable.
 * 2. A rule that allows `admin` wins next.
 * 3. Of the rules that allow, those decide whose pattern fixes the most characters of the name, for all users: a rule for
 *    `team/secret` replaces one for `**` instead of adding to it.
 */
export class Policy {
  readonly rules: readonly PolicyRule[];
  /** The tags that nobody may move or delete. */
  readonly immutableTags: readonly TagRules[];
  /** Whether a rule allows clients without credentials anything. */
  readonly hasAnonymous: boolean;
  readonly #index: RuleIndex;

  constructor(rules: readonly PolicyRule[], immutableTags: readonly TagRules[] = []) {
    this.rules = rules;
    this.immutableTags = immutableTags;
    this.hasAnonymous = rules.some(({ effect, anonymous }) => effect === 'allow' && anonymous);
    this.#index = new RuleIndex(rules);
  }

  /** The time grows only with the number of rules for this repository. */
  decide({ repository, action }: PolicyQuestion, subject: PolicySubject): PolicyDecision {
    let weight = -1;
    let deciding: IndexedRule | undefined;
    let admin: PolicyRule | undefined;
    let heaviest: IndexedRule | undefined;
    for (const indexed of this.#index.about(repository)) {
      const { rule, pattern } = indexed;
      const isFor = concerns(rule, subject) && pattern.matches(repository, subject.user);
      if (rule.effect === 'deny') {
        if (isFor && rule.actions.has(action) && holds(rule, subject, true)) return denied(rule, indexed);
        continue;
      }
      if (pattern.weight > weight) {
        weight = pattern.weight;
        deciding = undefined;
        heaviest = indexed;
      }
      if (!isFor || !rule.actions.has(action) || !holds(rule, subject, false)) continue;
      if (rule.actions.has('admin')) admin ??= rule;
      if (pattern.weight === weight) deciding ??= indexed;
    }
    const rule = admin ?? deciding?.rule;
    if (rule !== undefined) return { isAllowed: true, rule, reason: `${rule.name} allows it` };
    return { isAllowed: false, rule: undefined, reason: reasonWithoutRule(heaviest) };
  }

  /**
   * Whether the subject may do this in every repository: it is an administrator of `**`, and no rule denies the action.
   */
  mayEverywhere(action: PolicyAction, subject: PolicySubject): boolean {
    return this.ruleEverywhere(action, subject) !== undefined;
  }

  /** The first rule by which {@link mayEverywhere} says yes; `undefined` if it says no. */
  ruleEverywhere(action: PolicyAction, subject: PolicySubject): PolicyRule | undefined {
    const isDenied = this.rules.some(
      (rule) =>
        rule.effect === 'deny' && rule.actions.has(action) && concerns(rule, subject) && holds(rule, subject, true),
    );
    if (isDenied) return undefined;
    return this.rules.find(
      (rule) =>
        rule.effect === 'allow' &&
        rule.actions.has('admin') &&
        rule.repositories.some(({ source }) => source === '**') &&
        concerns(rule, subject) &&
        holds(rule, subject, false),
    );
  }

  /** The first rule by which the subject may do this in any repository at all; `undefined` if there is none. */
  ruleAnywhere(action: PolicyAction, subject: PolicySubject): PolicyRule | undefined {
    return this.rules.find(
      (rule) =>
        rule.effect === 'allow' && rule.actions.has(action) && concerns(rule, subject) && holds(rule, subject, false),
    );
  }

  /** Whether the subject may do this in any repository at all. */
  mayAnywhere(action: PolicyAction, subject: PolicySubject): boolean {
    return this.ruleAnywhere(action, subject) !== undefined;
  }
}

function concerns(rule: PolicyRule, { user, groups }: PolicySubject): boolean {
  if (user === undefined) return rule.anonymous;
  return rule.authenticated || rule.users.has(user) || groups.some((group) => rule.groups.has(group));
}

/** @param unknown the result if the address of the client is unknown */
function holds({ networks, hours }: PolicyRule, { address, nowMs }: PolicySubject, unknown: boolean): boolean {
  if (hours !== undefined && !hours.includes(nowMs)) return false;
  if (networks === undefined) return true;
  return address === undefined ? unknown : networks.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

function denied(rule: PolicyRule, { pattern }: IndexedRule): PolicyDecision {
  return { isAllowed: false, rule, reason: `${rule.name} denies it for ${pattern.source}` };
}

function reasonWithoutRule(heaviest: IndexedRule | undefined): string {
  if (heaviest === undefined) return 'no rule is about this repository';
  return `no rule for ${heaviest.pattern.source}, the closest pattern, allows it`;
}
