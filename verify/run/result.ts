import type { Exchange } from '../bench/exchange.ts';
import type { Check } from '../check.ts';

/**
 * `blocked`: the prerequisites of the check could not be prepared, or there was no answer, so its rule was not judged.
 */
export const OUTCOMES = ['passed', 'failed', 'blocked', 'skipped'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** The result of a check. */
export interface CheckResult extends Omit<Check, 'run' | 'needs' | 'alone'> {
  readonly outcome: Outcome;
  /** Why it did not pass, as a clause. */
  readonly reason: string | undefined;
  readonly requests: number;
  readonly durationMs: number;
  /** The exchanges, unless it passed or was skipped: the oldest first; if there are very many, only the newest. */
  readonly exchanges: readonly Exchange[];
  /** The index of the exchange that breaks the rule. */
  readonly culprit: number | undefined;
}
