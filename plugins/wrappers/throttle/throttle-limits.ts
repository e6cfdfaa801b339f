import type { RateLimit } from './rate-limit.ts';

/** Whether a call reads or changes the storage. */
export type Direction = 'read' | 'write';

/** All limits of one direction; a limit that both directions share is in both. */
export interface DirectionLimits {
  readonly calls: readonly RateLimit[];
  readonly bytes: readonly RateLimit[];
}

/** The limits of a storage. */
export interface ThrottleLimits extends Readonly<Record<Direction, DirectionLimits>> {
  /** How many calls, or chunks, may wait for one limit before new calls are refused. */
  readonly maxWaiting: number;
}

/** Waits until all of the limits let `amount` pass, one after the other. */
export async function passAll(limits: readonly RateLimit[], amount: number, signal?: AbortSignal): Promise<void> {
  for (const limit of limits) await limit.pass(amount, signal);
}
