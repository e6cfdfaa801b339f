import type { Tag } from '../model/reference.ts';
import { isReferrersTag } from '../model/referrers-tag.ts';
import { newestVersions } from './newest-versions.ts';
import { type RetentionRule, ruleOf } from './retention-rule.ts';

/** What is known of a tag. */
export interface TagFacts {
  readonly tag: Tag;
  /** When it was last pushed, in milliseconds since 1970; `undefined` if that is not known. */
  readonly pushedAtMs: number | undefined;
}

/** Whether a tag stays, and why. */
export interface TagDecision<Facts extends TagFacts = TagFacts> {
  readonly facts: Facts;
  readonly stays: boolean;
  /** The rule that decided; `undefined` where none judges the tag, which therefore stays. */
  readonly rule: RetentionRule | undefined;
  /** In words, without a full stop. */
  readonly reason: string;
}

/**
 * Decides about the tags of one repository, in their order. A tag is judged by the first rule that matches it, together
 * with the other tags that this rule judges, and stays if any condition of the rule keeps it. Tags without a rule stay;
 * so do tags under which clients store referrers, which belong to their subject, and tags whose last push is not known
 * where a rule asks for it.
 * @param rules those of the repository
 */
export function decideTags<Facts extends TagFacts>(
  rules: readonly RetentionRule[],
  tags: readonly Facts[],
  nowMs: number,
): TagDecision<Facts>[] {
  const judged = new Map<RetentionRule, Facts[]>();
  const ruled = tags.map((facts) => {
    const rule = isReferrersTag(facts.tag) ? undefined : ruleOf(rules, facts.tag);
    if (rule === undefined) return { facts, rule };
    const others = judged.get(rule);
    if (others === undefined) judged.set(rule, [facts]);
    else others.push(facts);
    return { facts, rule };
  });
  const judges = new Map([...judged].map(([rule, all]) => [rule, judgeOf(rule, all, nowMs)]));
  return ruled.map(({ facts, rule }) => {
    if (rule === undefined) return { facts, rule, stays: true, reason: withoutRule(facts.tag) };
    const keeping = judges.get(rule)?.(facts);
    if (keeping !== undefined) return { facts, rule, stays: true, reason: keeping };
    return { facts, rule, stays: false, reason: 'nothing in the rule keeps it' };
  });
}

function withoutRule(tag: Tag): string {
  return isReferrersTag(tag) ? 'it lists or signs another image, and stays as long as that one' : 'no rule matches it';
}

/** A function that says what keeps a tag; `undefined`: nothing. */
function judgeOf(
  { keep }: RetentionRule,
  all: readonly TagFacts[],
  nowMs: number,
): (facts: TagFacts) => string | undefined {
  const { newest, newestVersions: versionLimit, pushedWithinMs, always } = keep;
  if (always) return () => 'the rule always keeps it';
  const recent = newest === undefined ? undefined : newestPushes(all, newest);
  const tags = all.map(({ tag }) => tag);
  const versions = versionLimit === undefined ? undefined : newestVersions(tags, versionLimit);
  const needsTime = newest !== undefined || pushedWithinMs !== undefined;
  return ({ tag, pushedAtMs }) => {
    if (needsTime && pushedAtMs === undefined) return 'it is not known when it was pushed';
    if (recent?.has(tag))
      return newest === 1 ? 'it was pushed last' : `it is one of the ${newest} that were pushed last`;
    if (versions?.newest.has(tag)) return `it is one of the ${versionLimit} highest versions`;
    if (versions !== undefined && !needsTime && !versions.all.has(tag))
      return 'it is no version, and the rule judges only versions';
    if (isWithin(pushedAtMs, pushedWithinMs, nowMs)) return 'it was pushed recently enough';
    return undefined;
  };
}

/** The tags that were pushed last; of several at the same moment, those whose names come last. */
function newestPushes(all: readonly TagFacts[], limit: number): ReadonlySet<Tag> {
  const dated = all.flatMap(({ tag, pushedAtMs }) => (pushedAtMs === undefined ? [] : [{ tag, pushedAtMs }]));
  dated.sort((one, other) => other.pushedAtMs - one.pushedAtMs || (one.tag < other.tag ? 1 : -1));
  return new Set(dated.slice(0, limit).map(({ tag }) => tag));
}

/** Whether something happened in the last `withinMs`; a time in the future, by another clock, counts as now. */
function isWithin(atMs: number | undefined, withinMs: number | undefined, nowMs: number): boolean {
  return atMs !== undefined && withinMs !== undefined && nowMs - atMs <= withinMs;
}
