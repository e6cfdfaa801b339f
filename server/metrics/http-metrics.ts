import { DURATION_BOUNDS_SECONDS } from '../../core/metrics/latency-histogram.ts';
import { SIZE_BOUNDS_BYTES } from './message-sizes.ts';
import type { MetricFamily } from './metric-family.ts';
import { RouteMetrics } from './route-metrics.ts';

/** Counts the requests of all routes. */
export class HttpMetrics {
  readonly #handlers = new Map<string, RouteMetrics>();
  readonly #errors = new Map<string, number>();

  /**
   * The metrics of a handler, by the name that distribution gives it, for example `blob_upload`; routes may share one.
   */
  of(handler: string): RouteMetrics {
    const metrics = this.#handlers.get(handler) ?? new RouteMetrics();
    this.#handlers.set(handler, metrics);
    return metrics;
  }

  /** Counts an answer with errors. @param codes of the table of errors, so that clients add no series */
  countErrors(codes: ReadonlySet<string>): void {
    for (const code of codes) this.#errors.set(code, (this.#errors.get(code) ?? 0) + 1);
  }

  families(): MetricFamily[] {
    const handlers = [...this.#handlers];
    const perMethod = handlers.flatMap(([handler, { methods }]) =>
      Array.from(methods, ([method, metrics]) => ({ handler, method, ...metrics })),
    );
    return [
      {
        name: 'registry_http_in_flight_requests',
        help: 'The in-flight HTTP requests',
        type: 'gauge',
        series: handlers.map(([handler, { inFlight }]) => ({ labels: { handler }, values: [inFlight] })),
      },
      {
        name: 'registry_http_request_duration_seconds',
        help: 'The HTTP request latencies in seconds.',
        type: 'histogram',
        bounds: DURATION_BOUNDS_SECONDS,
        series: perMethod.map(({ handler, method, durations: { counts, sum } }) => ({
          labels: { handler, method },
          values: [...counts, sum],
        })),
      },
      ...(['request', 'response'] as const).map((message) => ({
        name: `registry_http_${message}_size_bytes`,
        help: `The HTTP ${message} sizes in bytes.`,
        type: 'histogram' as const,
        bounds: SIZE_BOUNDS_BYTES,
        series: handlers.map(([handler, metrics]) => {
          const { counts, sum } = metrics[`${message}Sizes`];
          return { labels: { handler }, values: [...counts, sum] };
        }),
      })),
      {
        name: 'registry_http_requests_total',
        help: 'Total number of HTTP requests made.',
        type: 'counter',
        series: perMethod.flatMap(({ handler, method, codes }) =>
          Array.from(codes, ([code, count]) => ({ labels: { code: String(code), handler, method }, values: [count] })),
        ),
      },
      {
        name: 'registry_http_errors_total',
        help: 'Total number of HTTP answers with an error, by the codes in their bodies.',
        type: 'counter',
        series: Array.from(this.#errors, ([code, count]) => ({ labels: { code }, values: [count] })),
      },
    ];
  }
}
