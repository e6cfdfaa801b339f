import type { DriverCall, DriverErrorCode } from '../../../core/driver/index.ts';
import type { CallFigures, DriverFigures } from '../../../core/ports.ts';

interface Counted {
  readonly counts: number[];
  seconds: number;
  bytes: number;
  readonly failures: Map<DriverErrorCode, number>;
}

/** Counts the calls of one driver; a few additions each. */
export class CountedCalls implements DriverFigures {
  /** Those of distribution's `registry_storage_action_seconds`. */
  readonly boundsSeconds: readonly number[] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
  readonly #calls = new Map<DriverCall, Counted>();

  /** Notes a finished call. */
  add(call: DriverCall, durationMs: number, failure: DriverErrorCode | undefined): void {
    const counted = this.#of(call);
    const seconds = durationMs / 1000;
    counted.seconds += seconds;
    const within = this.boundsSeconds.findIndex((bound) => seconds <= bound);
    const bucket = within < 0 ? this.boundsSeconds.length : within;
    counted.counts[bucket] = (counted.counts[bucket] ?? 0) + 1;
    if (failure !== undefined) counted.failures.set(failure, (counted.failures.get(failure) ?? 0) + 1);
  }

  /** Notes bytes that a call has moved, also behind its end. */
  addBytes(call: 'read' | 'write' | 'append', bytes: number): void {
    this.#of(call).bytes += bytes;
  }

  snapshot(): CallFigures[] {
    return Array.from(this.#calls, ([call, { counts, seconds, bytes, failures }]) => ({
      call,
      count: counts.reduce((sum, count) => sum + count, 0),
      counts: [...counts],
      seconds,
      bytes,
      failures: Object.fromEntries(failures),
    }));
  }

  #of(call: DriverCall): Counted {
    const known = this.#calls.get(call);
    if (known !== undefined) return known;
    const counts = new Array<number>(this.boundsSeconds.length + 1).fill(0);
    const counted = { counts, seconds: 0, bytes: 0, failures: new Map<DriverErrorCode, number>() };
    this.#calls.set(call, counted);
    return counted;
  }
}
