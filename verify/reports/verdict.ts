import type { Level } from '../check.ts';
import type { CheckResult, Outcome } from '../run/result.ts';

/** Whether a result counts against the registry: its rule is broken, or could not be judged, and is more than a MAY. */
export function isHeldAgainst({ level, outcome }: Pick<CheckResult, 'level' | 'outcome'>): boolean {
  return level !== 'MAY' && (outcome === 'failed' || outcome === 'blocked');
}

/** The strictest level of which a rule is broken or could not be judged; `undefined` when all are kept. */
export function worstOf(results: readonly Pick<CheckResult, 'level' | 'outcome'>[]): Level | undefined {
  const broken = results.filter(isHeldAgainst).map(({ level }) => level);
  return broken.find((level) => level === 'MUST') ?? broken[0];
}

/** How many results have each outcome. */
export function countsOf(results: readonly Pick<CheckResult, 'outcome'>[]): Record<Outcome, number> {
  const counts = { passed: 0, failed: 0, blocked: 0, skipped: 0 };
  for (const { outcome } of results) counts[outcome]++;
  return counts;
}

/** How many rules of each level are broken or could not be judged. */
export function brokenByLevel(results: readonly Pick<CheckResult, 'level' | 'outcome'>[]): Record<Level, number> {
  const broken = { MUST: 0, SHOULD: 0, MAY: 0 };
  for (const { level, outcome } of results) if (outcome === 'failed' || outcome === 'blocked') broken[level]++;
  return broken;
}
