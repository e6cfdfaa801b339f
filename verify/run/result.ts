import type { Exchange } from '../bench/exchange.ts';
import type { Check } from '../check.ts';

/** `blocked`: what the check needs could not be prepared, or no answer came, so that its rule was not judged. */
export const OUTCOMES = ['passed', 'failed', 'blocked', 'skipped'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** What became of a check. */
export interface CheckResult extends Omit<Check, 'run' | 'needs' | 'alone'> {
  readonly outcome: Outcome;
  /** Why it did not pass: a clause. */
  readonly reason: string | undefined;
  readonly requests: number;
  readonly durationMs: number;
  /** Unless it passed or was skipped: what was asked and answered, the oldest first; of very many the newest. */
  readonly exchanges: readonly Exchange[];
  /** The one of `exchanges` that breaks the rule. */
  readonly culprit: number | undefined;
}
