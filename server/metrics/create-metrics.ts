import type { DriverMetrics } from '../../core/ports/driver-metrics.ts';
import { exposition } from './exposition.ts';
import { HttpMetrics } from './http-metrics.ts';
import type { MetricFamily } from './metric-family.ts';
import { processMetrics, startTimeMetric } from './process-metrics.ts';
import { storageMetrics } from './storage-metrics.ts';

/** What the debug server shows of a registry's work. */
export interface Metrics {
  /** Where it shows it. */
  readonly path: string;
  /** Counts the requests of this process. */
  readonly http: HttpMetrics;
  /** Everything that was counted until now, in all processes, in the text format of Prometheus. */
  readonly text: () => Promise<string>;
}

/** Where several processes serve: lets the primary process read what is counted here; gives how to ask it for the sum. */
export type ShareMetrics = (own: () => MetricFamily[]) => () => Promise<string>;

/** What metrics are made of. */
export interface MetricsDependencies {
  readonly driver: { readonly name: string };
  readonly figures: DriverMetrics;
  /** Absent: this process is alone. */
  readonly share: ShareMetrics | undefined;
}

/** Puts everything together that is counted in this process. */
export function createMetrics(path: string, { driver, figures, share }: MetricsDependencies): Metrics {
  const http = new HttpMetrics();
  const own = (): MetricFamily[] => [...http.families(), ...storageMetrics(figures, driver.name), ...processMetrics()];
  const text = share?.(own) ?? (async () => exposition([...own(), startTimeMetric()]));
  return { path, http, text };
}
