import type { BudgetClock } from '../../../core/async/rate-budget.ts';

/** A clock on which a wait ends at once, at its time. */
export function instantClock(): BudgetClock & { nowMs: number; readonly waits: number[] } {
  const waits: number[] = [];
  const clock = {
    nowMs: 0,
    waits,
    monotonic: () => clock.nowMs,
    wait: async (ms: number) => {
      waits.push(ms);
      clock.nowMs += ms;
    },
  };
  return clock;
}
