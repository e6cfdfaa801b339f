import type { DriverCall, DriverErrorCode } from '../driver/index.ts';

/** What the calls of one kind have cost since the start. */
export interface CallMetrics {
  readonly call: DriverCall;
  /** Those that have finished, also with a failure. */
  readonly count: number;
  /**
   * How many took at most as long as the bound of the same index, and longer than the one before; the last has no
   * bound.
   */
  readonly counts: readonly number[];
  /** Time inside the driver, added up. The time of a stream or a body that outlasts its call does not count. */
  readonly seconds: number;
  /** Bytes that were read, written or appended; 0 for other calls. */
  readonly bytes: number;
  /** How many failed, by the code. */
  readonly failures: Readonly<Partial<Record<DriverErrorCode, number>>>;
}

/** What the calls of the storage driver cost in this process. */
export interface DriverMetrics {
  /** Upper bounds of the durations that are counted together, ascending. */
  readonly boundsSeconds: readonly number[];

  /** The current values, one entry for each kind of call that was made. */
  snapshot(): readonly CallMetrics[];
}
