import type { DriverCall, DriverErrorCode } from '../driver/index.ts';

/** The cost of all calls of one kind since the start. */
export interface CallMetrics {
  readonly call: DriverCall;
  /** Finished calls, including failed ones. */
  readonly count: number;
  /**
   * How many took at most as long as the bound with the same index, and longer than the bound before it; the last entry
   * has no bound.
   */
  readonly counts: readonly number[];
  /** Total time in the driver. The time of a stream or a body that outlasts its call is not included. */
  readonly seconds: number;
  /** Bytes that were read, written or appended; 0 for other calls. */
  readonly bytes: number;
  /** Failed calls by error code. */
  readonly failures: Readonly<Partial<Record<DriverErrorCode, number>>>;
}

/** The cost of the calls of the storage driver in this process. */
export interface DriverMetrics {
  /** Upper bounds of the histogram buckets, ascending. */
  readonly boundsSeconds: readonly number[];

  /** The current values, one entry for each kind of call made so far. */
  snapshot(): readonly CallMetrics[];
}
