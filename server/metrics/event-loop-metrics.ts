import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { MetricFamily } from './metric-family.ts';

/** How often the delay is measured, in milliseconds; each wakes the process. */
const RESOLUTION_MS = 100;

/** How long events of this process wait, since metrics were last read. */
export class EventLoopMetrics {
  readonly #delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

  constructor() {
    this.#delay.enable();
  }

  families(): MetricFamily[] {
    const { mean, max } = this.#delay;
    const p99 = this.#delay.percentile(99);
    this.#delay.reset();
    return [
      gauge('mean', 'The mean of the recorded event loop delays.', mean),
      gauge('p99', 'The 99th percentile of the recorded event loop delays.', p99),
      gauge('max', 'The maximum recorded event loop delay.', max),
    ];
  }
}

/** Of several processes the slowest counts. */
function gauge(which: string, help: string, nanoseconds: number): MetricFamily {
  // What is measured includes the time between two measurements.
  const seconds = Math.max(0, nanoseconds / 1e9 - RESOLUTION_MS / 1000);
  return {
    name: `nodejs_eventloop_lag_${which}_seconds`,
    help,
    type: 'gauge',
    together: 'largest',
    series: Number.isFinite(seconds) ? [{ labels: {}, values: [seconds] }] : [],
  };
}
