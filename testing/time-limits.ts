import { AssertionError } from 'node:assert/strict';
import type { DriverCase } from './driver-case.ts';

/** Time limits: a driver that gives no answer has failed as well. */
export interface TimeLimits {
  /**
   * The time limit of a single call, in milliseconds; up to five times as long while more than eight cases run. Default:
   * 30 s, and five minutes in a large case.
   */
  readonly callLimitMs?: number | undefined;
  /** The time limit of a case, in milliseconds. Default: five minutes, and an hour for a large case. */
  readonly caseLimitMs?: number | undefined;
}

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;

/** The limits that apply to a case. */
export function timeLimitsOf(
  { group }: DriverCase,
  { callLimitMs, caseLimitMs }: TimeLimits,
): { readonly callLimitMs: number; readonly caseLimitMs: number } {
  const isLarge = group === 'large';
  return {
    callLimitMs: callLimitMs ?? (isLarge ? 5 * MINUTE_MS : 30 * SECOND_MS),
    caseLimitMs: caseLimitMs ?? (isLarge ? 60 * MINUTE_MS : 5 * MINUTE_MS),
  };
}

/**
 * Waits for `action` until the time limit; after that its result no longer counts.
 * @throws AssertionError that names `what` when it has not ended in time
 */
export async function withinLimit<Result>(action: Promise<Result>, limitMs: number, what: string): Promise<Result> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const message = `${what} has not ended within ${limitMs / SECOND_MS} s`;
  const timer = setTimeout(() => reject(new AssertionError({ message })), limitMs);
  try {
    return await Promise.race([action, late]);
  } finally {
    clearTimeout(timer);
  }
}
