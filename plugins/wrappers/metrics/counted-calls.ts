import type { DriverCall, DriverErrorCode } from '../../../core/driver/index.ts';
import { DURATION_BOUNDS_SECONDS, LatencyHistogram } from '../../../core/metrics/latency-histogram.ts';
import type { CallMetrics, DriverMetrics } from '../../../core/ports/driver-metrics.ts';

interface Counted {
  readonly durations: LatencyHistogram;
  bytes: number;
  readonly failures: Map<DriverErrorCode, number>;
}

/** Counts the calls of one driver; each costs a few additions. */
export class CountedCalls implements DriverMetrics {
  /** The buckets of distribution's `registry_storage_action_seconds`. */
  readonly boundsSeconds: readonly number[] = DURATION_BOUNDS_SECONDS;
  readonly #calls = new Map<DriverCall, Counted>();

  /** Records a finished call. */
  add(call: DriverCall, durationMs: number, failure: DriverErrorCode | undefined): void {
    const { durations, failures } = this.#of(call);
    durations.add(durationMs / 1000);
    if (failure !== undefined) failures.set(failure, (failures.get(failure) ?? 0) + 1);
  }

  /** Records bytes that a call has moved, even after its end. */
  addBytes(call: 'read' | 'write' | 'append', bytes: number): void {
    this.#of(call).bytes += bytes;
  }

  snapshot(): CallMetrics[] {
    return Array.from(this.#calls, ([call, { durations, bytes, failures }]) => ({
      call,
      count: durations.counts.reduce((sum, count) => sum + count, 0),
      counts: [...durations.counts],
      seconds: durations.sum,
      bytes,
      failures: Object.fromEntries(failures),
    }));
  }

  #of(call: DriverCall): Counted {
    const known = this.#calls.get(call);
    if (known !== undefined) return known;
    const counted = { durations: new LatencyHistogram(), bytes: 0, failures: new Map<DriverErrorCode, number>() };
    this.#calls.set(call, counted);
    return counted;
  }
}
