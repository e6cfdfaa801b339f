import type { IncomingMessage, ServerResponse } from 'node:http';
import { Histogram } from '../../core/metrics/histogram.ts';
import { LatencyHistogram } from '../../core/metrics/latency-histogram.ts';
import { finalStatus } from '../http/final-status.ts';
import { MessageSizes, SIZE_BOUNDS_BYTES } from './message-sizes.ts';

/** The statuses and durations of the requests of one method. */
export interface MethodMetrics {
  readonly durations: LatencyHistogram;
  readonly codes: Map<number, number>;
}

/** As distribution's Prometheus client writes them; other methods, which clients choose freely, must not add series. */
const METHODS: ReadonlyMap<string | undefined, string> = new Map(
  ['get', 'head', 'post', 'put', 'patch', 'delete', 'options'].map((name) => [name.toUpperCase(), name]),
);

/** Counts the requests of one route, with a few additions each. */
export class RouteMetrics {
  readonly methods = new Map<string, MethodMetrics>();
  readonly requestSizes = new Histogram(SIZE_BOUNDS_BYTES);
  readonly responseSizes = new Histogram(SIZE_BOUNDS_BYTES);
  /** Requests that are being answered. */
  inFlight = 0;

  /**
   * Counts a request from now on, until its response has closed.
   * @param startedAt of `performance.now()`
   */
  begin(request: IncomingMessage, response: ServerResponse, startedAt: number): void {
    this.inFlight += 1;
    const sizes = new MessageSizes(request, response);
    const end = (): void => {
      this.inFlight -= 1;
      const { durations, codes } = this.#of(METHODS.get(request.method) ?? 'unknown');
      const status = finalStatus(response);
      codes.set(status, (codes.get(status) ?? 0) + 1);
      durations.add((performance.now() - startedAt) / 1000);
      this.requestSizes.add(sizes.requestBytes);
      this.responseSizes.add(sizes.responseBytes);
    };
    // The client may already be gone.
    if (response.closed) end();
    else response.once('close', end);
  }

  #of(method: string): MethodMetrics {
    const known = this.methods.get(method);
    if (known !== undefined) return known;
    const metrics = { durations: new LatencyHistogram(), codes: new Map<number, number>() };
    this.methods.set(method, metrics);
    return metrics;
  }
}
