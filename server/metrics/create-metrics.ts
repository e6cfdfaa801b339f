import type { DriverMetrics } from '../../core/ports/driver-metrics.ts';
import { AuditMetrics } from './audit-metrics.ts';
import { CacheMetrics } from './cache-metrics.ts';
import { EventLoopMetrics } from './event-loop-metrics.ts';
import { exposition } from './exposition.ts';
import { HttpMetrics } from './http-metrics.ts';
import { JobMetrics } from './job-metrics.ts';
import type { MetricFamily } from './metric-family.ts';
import { processMetrics, startTimeMetric } from './process-metrics.ts';
import { ScrubMetrics } from './scrub-metrics.ts';
import { storageMetrics } from './storage-metrics.ts';

/** The metrics of a registry, which its debug server shows. */
export interface Metrics {
  /** The path at which it shows them. */
  readonly path: string;
  /** Counts the requests of this process. */
  readonly http: HttpMetrics;
  /** Counts what the cache of descriptors is asked. */
  readonly cache: CacheMetrics;
  /** Counts the records of the audit log. */
  readonly audit: AuditMetrics;
  /** Counts the runs of jobs in this process. */
  readonly jobs: JobMetrics;
  /** Counts what scrubs in this process read and find. */
  readonly scrub: ScrubMetrics;
  /** Everything counted so far, in all processes, in the text format of Prometheus. */
  readonly text: () => Promise<string>;
}

/**
 * Where several processes serve, lets the primary process read what this one counts.
 * @returns asks the primary process for the sums
 */
export type ShareMetrics = (own: () => MetricFamily[]) => () => Promise<string>;

/** What metrics are read from. */
export interface MetricsDependencies {
  readonly driver: { readonly name: string };
  readonly driverMetrics: DriverMetrics;
  /** Absent: this process serves alone. */
  readonly share: ShareMetrics | undefined;
}

/** Collects everything that is counted in this process. */
export function createMetrics(path: string, { driver, driverMetrics, share }: MetricsDependencies): Metrics {
  const http = new HttpMetrics();
  const cache = new CacheMetrics();
  const jobs = new JobMetrics();
  const audit = new AuditMetrics();
  const scrub = new ScrubMetrics();
  const eventLoop = new EventLoopMetrics();
  const own = (): MetricFamily[] => [
    ...http.families(),
    ...storageMetrics(driverMetrics, driver.name),
    ...cache.families(),
    ...jobs.families(),
    ...audit.families(),
    ...scrub.families(),
    ...eventLoop.families(),
    ...processMetrics(),
  ];
  const text = share?.(own) ?? (async () => exposition([...own(), startTimeMetric()]));
  return { path, http, cache, audit, jobs, scrub, text };
}
