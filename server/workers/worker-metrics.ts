import { settledWithin } from '../../core/async/settled-within.ts';
import { exposition } from '../metrics/exposition.ts';
import { type MetricFamily, sumMetrics } from '../metrics/metric-family.ts';
import { processMetrics, startTimeMetric } from '../metrics/process-metrics.ts';

/** How long a worker may take to report its metrics, in milliseconds; of one that hangs, the last report counts. */
const LIMIT_MS = 1_000;

/** A worker as a source of metrics. */
export interface CountingWorker {
  /** What it has counted since its start; `undefined` when it does not answer. */
  metrics(): Promise<readonly MetricFamily[] | undefined>;
  readonly ended: Promise<unknown>;
}

/**
 * What all workers of this instance have counted since its start. A counter never decreases: the last report of a
 * worker that has ended, or does not answer, still counts.
 */
export class WorkerMetrics {
  readonly #present = new Set<LatestMetrics>();
  #ended: readonly MetricFamily[] = [];

  add(worker: CountingWorker): void {
    const latest = new LatestMetrics(worker);
    this.#present.add(latest);
    void worker.ended.then(() => {
      this.#present.delete(latest);
      this.#ended = sumMetrics([this.#ended, latest.families.filter(({ type }) => type !== 'gauge')]);
    });
  }

  /** The sums, with the resources that this process uses, in the text format of Prometheus. */
  async text(): Promise<string> {
    await Promise.all([...this.#present].map((latest) => latest.refresh()));
    const present = [...this.#present].map(({ families }) => families);
    return exposition(sumMetrics([...present, this.#ended, processMetrics(), [startTimeMetric()]]));
  }
}

/** The last report of one worker. */
class LatestMetrics {
  readonly #worker: CountingWorker;
  #asking: Promise<void> | undefined;
  families: readonly MetricFamily[] = [];

  constructor(worker: CountingWorker) {
    this.#worker = worker;
  }

  /** Asks the worker and waits at most for the limit; while a question is open, it does not ask again. */
  async refresh(): Promise<void> {
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    await settledWithin(this.#asking, LIMIT_MS);
  }

  async #ask(): Promise<void> {
    this.families = (await this.#worker.metrics()) ?? this.families;
  }
}
