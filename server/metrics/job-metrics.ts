import type { MetricFamily } from './metric-family.ts';

/** The outcome of a run; `skipped` is one that did not begin, because the registry is read-only. */
export type CountedOutcome = 'completed' | 'failed' | 'aborted' | 'cancelled' | 'skipped';

interface JobCounts {
  readonly runs: Map<CountedOutcome, number>;
  seconds: number;
  succeededAtMs: number | undefined;
}

/** Counts the runs of jobs in this process. */
export class JobMetrics {
  readonly #jobs = new Map<string, JobCounts>();

  /** Counts a run that took so many seconds. */
  count(job: string, outcome: CountedOutcome, seconds: number): void {
    const counts = this.#of(job);
    counts.runs.set(outcome, (counts.runs.get(outcome) ?? 0) + 1);
    counts.seconds += seconds;
  }

  /** Notes when the job last completed, in whatever process; milliseconds since 1970. */
  noteSuccess(job: string, atMs: number | undefined): void {
    if (atMs !== undefined) this.#of(job).succeededAtMs = atMs;
  }

  families(): MetricFamily[] {
    const jobs = [...this.#jobs];
    return [
      {
        name: 'registry_job_runs_total',
        help: 'Runs of jobs, by how they ended.',
        type: 'counter',
        series: jobs.flatMap(([job, { runs }]) =>
          Array.from(runs, ([outcome, count]) => ({ labels: { job, outcome }, values: [count] })),
        ),
      },
      {
        name: 'registry_job_seconds_total',
        help: 'Time spent in runs of jobs in seconds.',
        type: 'counter',
        series: jobs.map(([job, { seconds }]) => ({ labels: { job }, values: [seconds] })),
      },
      {
        name: 'registry_job_last_success_timestamp_seconds',
        help: 'When a job last completed, in any instance, in seconds since unix epoch.',
        type: 'gauge',
        together: 'largest',
        series: jobs.flatMap(([job, { succeededAtMs }]) =>
          succeededAtMs === undefined ? [] : [{ labels: { job }, values: [succeededAtMs / 1000] }],
        ),
      },
    ];
  }

  #of(job: string): JobCounts {
    const known = this.#jobs.get(job);
    if (known !== undefined) return known;
    const counts: JobCounts = { runs: new Map(), seconds: 0, succeededAtMs: undefined };
    this.#jobs.set(job, counts);
    return counts;
  }
}
