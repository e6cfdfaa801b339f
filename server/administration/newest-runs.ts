import type { LastRun } from '../../core/jobs/last-run.ts';
import type { JobStore } from '../../core/storage/job-store.ts';
import type { Clock } from '../jobs/clock.ts';
import type { JobRunner } from '../jobs/job-runner.ts';
import { isLost } from '../jobs/job-schedule.ts';

/** What the newest runs are read from. */
export interface NewestRunsDependencies {
  readonly store: JobStore;
  readonly runner: Pick<JobRunner, 'running' | 'cancel'>;
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
}

/** The runs that are known of a job. */
export interface KnownRuns {
  /** The newest of all. */
  readonly newest: LastRun | undefined;
  /** The newest from which the next one is due. */
  readonly scheduled: LastRun | undefined;
}

/** The storage is not read more often, however many clients watch a job. */
const FRESH_MS = 1_000;

/**
 * The newest run of each job, in whatever process: those of this process as they are now, those of others as they were when they
 * last gave a sign of life, which they do every five seconds.
 */
export class NewestRuns {
  readonly #dependencies: NewestRunsDependencies;
  /** The jobs that ran in this process when they were last asked for. */
  readonly #wereOwn = new Set<string>();
  readonly #read = new Map<string, { readonly atMs: number; readonly runs: Promise<KnownRuns> }>();

  constructor(dependencies: NewestRunsDependencies) {
    this.#dependencies = dependencies;
  }

  /** At most two driver calls in a second for each job. */
  async of(job: string): Promise<KnownRuns> {
    const own = this.#dependencies.runner.running(job);
    if (own !== undefined) this.#wereOwn.add(job);
    else if (this.#wereOwn.delete(job)) this.forget(job);
    const stored = await this.#stored(job);
    if (own === undefined) return stored;
    const isScheduled = stored.scheduled?.startedAtMs === own.startedAtMs;
    return { newest: own, scheduled: isScheduled ? own : stored.scheduled };
  }

  /** Reads the storage the next time. */
  forget(job: string): void {
    this.#read.delete(job);
  }

  /** The run that has not ended, and whose process has not died; `undefined` if there is none. */
  async running(job: string): Promise<LastRun | undefined> {
    const { newest } = await this.of(job);
    const isRunning = newest !== undefined && newest.endedAtMs === undefined;
    return isRunning && !isLost(newest, this.#dependencies.clock.now()) ? newest : undefined;
  }

  /** Ends a run in this process at once, and one in another process when that next gives a sign of life. */
  async cancel(job: string, run: LastRun): Promise<void> {
    const { store, runner } = this.#dependencies;
    if (runner.running(job)?.startedAtMs === run.startedAtMs) runner.cancel(job, run.startedAtMs);
    else await store.cancel(job, run);
  }

  #stored(job: string): Promise<KnownRuns> {
    const now = this.#dependencies.clock.monotonic();
    const known = this.#read.get(job);
    if (known !== undefined && now - known.atMs < FRESH_MS) return known.runs;
    const runs = this.#load(job);
    this.#read.set(job, { atMs: now, runs });
    // What has failed is not kept.
    runs.catch(() => this.#read.delete(job));
    return runs;
  }

  async #load(job: string): Promise<KnownRuns> {
    const { store } = this.#dependencies;
    const [scheduled, dry] = await Promise.all([store.lastRun(job), store.lastRun(job, 'dry')]);
    const isDryNewer = dry !== undefined && (scheduled === undefined || dry.startedAtMs > scheduled.startedAtMs);
    return { scheduled, newest: isDryNewer ? dry : scheduled };
  }
}
