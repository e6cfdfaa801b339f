import { DURATION_BOUNDS_SECONDS } from '../../core/metrics/latency-histogram.ts';
import type { Family } from './metric-family.ts';
import { RouteFigures } from './route-metrics.ts';

/** Counts the requests of all routes. */
export class HttpFigures {
  readonly #handlers = new Map<string, RouteFigures>();

  /** The figures of a handler, as distribution calls it: `blob_upload`; routes may share one. */
  of(handler: string): RouteFigures {
    const figures = this.#handlers.get(handler) ?? new RouteFigures();
    this.#handlers.set(handler, figures);
    return figures;
  }

  families(): Family[] {
    const handlers = [...this.#handlers];
    const perMethod = handlers.flatMap(([handler, { methods }]) =>
      Array.from(methods, ([method, figures]) => ({ handler, method, ...figures })),
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
        series: perMethod.map(({ handler, method, durations: { counts, seconds } }) => ({
          labels: { handler, method },
          values: [...counts, seconds],
        })),
      },
      {
        name: 'registry_http_requests_total',
        help: 'Total number of HTTP requests made.',
        type: 'counter',
        series: perMethod.flatMap(({ handler, method, codes }) =>
          Array.from(codes, ([code, count]) => ({ labels: { code: String(code), handler, method }, values: [count] })),
        ),
      },
    ];
  }
}
