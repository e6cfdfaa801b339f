import { AsyncLocalStorage } from 'node:async_hooks';
import { type BudgetClock, RateBudget } from './rate-budget.ts';

/** How fast the calls of a job may follow each other. */
export interface Pace {
  /** Absent: no limit of its own, so that its calls only let those of requests go first. */
  readonly callsPerSecond?: number | undefined;
  /** Ends all waits for the limit: what the work still does to end in order is not held up. */
  readonly signal: AbortSignal;
  /** Called before each call waits. */
  readonly onCall?: (() => void) | undefined;
  /** Default: the clock of this machine. */
  readonly clock?: BudgetClock | undefined;
}

/** The pace of the work that is running, wherever it makes its calls. */
const current = new AsyncLocalStorage<{ readonly pace: Pace; readonly budget: RateBudget | undefined } | undefined>();

const NO_WAIT = Promise.resolve();

/** Does some work at a pace: each of its calls waits for {@link ownTurn}, but no call of anyone else. */
export function atPace<Result>(pace: Pace, work: () => Promise<Result>): Promise<Result> {
  const { callsPerSecond, clock } = pace;
  const budget = callsPerSecond === undefined ? undefined : new RateBudget(callsPerSecond, clock);
  return current.run({ pace, budget }, work);
}

/** Whether the work that is running has a pace. */
export function hasPace(): boolean {
  return current.getStore() !== undefined;
}

/** Does something that others wait for as well, so that they need not keep the pace of this work. */
export function withoutPace<Result>(work: () => Result): Result {
  return current.run(undefined, work);
}

/**
 * Waits until the work that is running may make its next calls.
 * @returns `undefined` if it has no pace, as requests; otherwise a promise that never rejects
 */
export function ownTurn(calls = 1): Promise<unknown> | undefined {
  const running = current.getStore();
  if (running === undefined) return undefined;
  const { pace, budget } = running;
  pace.onCall?.();
  return budget?.pass(calls, pace.signal) ?? NO_WAIT;
}
