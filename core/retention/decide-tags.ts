import type { Tag } from '../model/reference.ts';
import { isReferrersTag } from '../model/referrers-tag.ts';
import { newestVersions } from './newest-versions.ts';
import { type RetentionRule, ruleOf } from './retention-rule.ts';

const UNKEPT = 'nothing in the rule keeps it';

/** What is known of a tag. */
export interface TagFacts {
  readonly tag: Tag;
  /** When it was last pushed, in milliseconds since 1970; `undefined` if that is not known. */
  readonly pushedAtMs: number | undefined;
  /** Whether its time does not tell when it was pushed, because a move has copied it. Any such tag may be the newest. */
  readonly isUnordered?: boolean | undefined;
  /** `undefined` if nothing is known of pulls. */
  readonly pulls?: PullFacts | undefined;
}

/** What is known of pulls of a tag. */
export interface PullFacts {
  /** Every pull after this time is known, in milliseconds since 1970; `undefined`: every pull at all. */
  readonly recordedSinceMs: number | undefined;
  /** The last one that is known, in milliseconds since 1970. */
  readonly pulledAtMs: number | undefined;
}

/** Whether a tag stays, and why. */
export interface TagDecision<Facts extends TagFacts = TagFacts> {
  readonly facts: Facts;
  readonly stays: boolean;
  /** The rule that decided; `undefined` where none judges the tag, which therefore stays. */
  readonly rule: RetentionRule | undefined;
  /** In words, without a full stop. */
  readonly reason: string;
  /** Whether the tag stays only because too little is known of its pulls. */
  readonly lacksPulls?: boolean | undefined;
}

/**
 * Decides about the tags of one repository, in their order. What is known of pulls does not matter for other tags, so it
 * can be asked for only where it decides: those decisions lack pulls. A tag is judged by the first rule that matches it, together
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
    return { facts, rule, ...judgeByPulls(rule, facts, nowMs) };
  });
}

function withoutRule(tag: Tag): string {
  return isReferrersTag(tag) ? 'it lists or signs another image, and stays as long as that one' : 'no rule matches it';
}

/** Decides about a tag that only its pulls may keep. A push counts as a pull, because nobody has had time to pull a new tag. */
function judgeByPulls(
  { keep: { pulledWithinMs: withinMs } }: RetentionRule,
  { pushedAtMs, pulls }: TagFacts,
  nowMs: number,
): Pick<TagDecision, 'stays' | 'reason' | 'lacksPulls'> {
  if (withinMs === undefined) return { stays: false, reason: UNKEPT };
  if (isWithin(pushedAtMs, withinMs, nowMs)) return { stays: true, reason: 'it was pushed recently enough' };
  if (pulls === undefined) return { stays: true, reason: 'it is not known when it was pulled', lacksPulls: true };
  const { pulledAtMs, recordedSinceMs } = pulls;
  if (pulledAtMs !== undefined && isWithin(pulledAtMs, withinMs, nowMs))
    return { stays: true, reason: `it was pulled recently enough: last ${timeText(pulledAtMs)}` };
  if (recordedSinceMs !== undefined && isWithin(recordedSinceMs, withinMs, nowMs))
    return { stays: true, reason: `pulls are recorded only since ${timeText(recordedSinceMs)}`, lacksPulls: true };
  const last = pulledAtMs === undefined ? 'no pull is known' : `it was last pulled ${timeText(pulledAtMs)}`;
  return { stays: false, reason: `${UNKEPT}; ${last}` };
}

function timeText(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}

/** A function that says what keeps a tag, apart from its pulls; `undefined`: nothing. */
function judgeOf(
  { keep }: RetentionRule,
  all: readonly TagFacts[],
  nowMs: number,
): (facts: TagFacts) => string | undefined {
  const { newest, newestVersions: versionLimit, pushedWithinMs, pulledWithinMs, always } = keep;
  if (always) return () => 'the rule always keeps it';
  const recent = newest === undefined ? undefined : newestPushes(all, newest);
  const tags = all.map(({ tag }) => tag);
  const versions = versionLimit === undefined ? undefined : newestVersions(tags, versionLimit);
  const needsTime = [newest, pushedWithinMs, pulledWithinMs].some((condition) => condition !== undefined);
  return ({ tag, pushedAtMs, isUnordered }) => {
    if (needsTime && pushedAtMs === undefined) return 'it is not known when it was pushed';
    if (recent?.has(tag) && isUnordered === true) return 'it may be one of those that were pushed last';
    if (recent?.has(tag))
      return newest === 1 ? 'it was pushed last' : `it is one of the ${newest} that were pushed last`;
    if (versions?.newest.has(tag)) return `it is one of the ${versionLimit} highest versions`;
    if (versions !== undefined && !needsTime && !versions.all.has(tag))
      return 'it is no version, and the rule judges only versions';
    if (isWithin(pushedAtMs, pushedWithinMs, nowMs)) return 'it was pushed recently enough';
    return undefined;
  };
}

/**
 * The tags that were pushed last; of several at the same moment, those whose names come last; of those without an order,
 * which came before all others, all or none.
 */
function newestPushes(all: readonly TagFacts[], limit: number): ReadonlySet<Tag> {
  const dated = all.flatMap(({ tag, pushedAtMs, isUnordered }) =>
    pushedAtMs === undefined ? [] : [{ tag, pushedAtMs, isUnordered }],
  );
  const ordered = dated.filter(({ isUnordered }) => isUnordered !== true);
  ordered.sort((one, other) => other.pushedAtMs - one.pushedAtMs || (one.tag < other.tag ? 1 : -1));
  const newest = ordered.slice(0, limit);
  const others = newest.length < limit ? dated.filter(({ isUnordered }) => isUnordered === true) : [];
  return new Set([...newest, ...others].map(({ tag }) => tag));
}

/** Whether something happened in the last `withinMs`; a time in the future, by another clock, counts as now. */
function isWithin(atMs: number | undefined, withinMs: number | undefined, nowMs: number): boolean {
  return atMs !== undefined && withinMs !== undefined && nowMs - atMs <= withinMs;
}
