import type { Line } from './turns.ts';

/** Whether a call reads or changes the storage. */
export type Direction = 'read' | 'write';

/** All limits of one direction; a limit that both directions share is in both. */
export interface DirectionLimits {
  readonly calls: Line;
  readonly bytes: Line;
}

/** The limits of a storage. */
export interface ThrottleLimits extends Readonly<Record<Direction, DirectionLimits>> {
  /** A new call of a request that would wait longer is refused, in milliseconds. */
  readonly maxWaitMs: number;
}
