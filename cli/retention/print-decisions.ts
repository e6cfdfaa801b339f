import type { RetentionOptions } from '../../core/jobs/retention.ts';
import type { TagDecision } from '../../core/retention/decide-tags.ts';
import { printable } from '../printable.ts';

/** Prints each tag that would go, below its repository. */
export function printDecisions(print: (text: string) => void): NonNullable<RetentionOptions['onDecided']> {
  return (name, decisions) => {
    const going = decisions.filter(({ stays }) => !stays);
    if (going.length > 0) print(`${name}: ${going.length} of ${decisions.length} tags would be removed\n`);
    for (const decision of going) print(`  ${decisionText(decision)}\n`);
  };
}

/** A tag, what happens to it, and why: `v1.0: goes (releases): nothing in the rule keeps it`. */
export function decisionText({ facts, stays, rule, reason }: TagDecision): string {
  const by = rule === undefined ? '' : ` (${printable(rule.name)})`;
  return `${printable(facts.tag)}: ${stays ? 'stays' : 'goes'}${by}: ${reason}`;
}

/** Prints each decision on a line of its own. */
export function printEach(
  decisions: readonly TagDecision[],
  { print, json }: { readonly print: (text: string) => void; readonly json: boolean },
): void {
  for (const decision of decisions) print(`${json ? JSON.stringify(toJson(decision)) : decisionText(decision)}\n`);
}

function toJson({ facts: { tag, pushedAtMs, pulls }, stays, rule, reason }: TagDecision): object {
  const [pushed, pulled, pullsRecordedSince] = [pushedAtMs, pulls?.pulledAtMs, pulls?.recordedSinceMs].map((ms) =>
    ms === undefined ? undefined : new Date(ms).toISOString(),
  );
  return { tag, stays, rule: rule?.name, reason, pushed, pulled, pullsRecordedSince };
}
