import type { Job } from '../../core/jobs/job.ts';
import type { LastRun } from '../../core/jobs/last-run.ts';
import type { Logger } from '../../core/ports/logger.ts';
import type { Clock } from './clock.ts';
import type { JobRunner, RunOptions, RunResult } from './job-runner.ts';

/** A job as it is configured. */
export interface ConfiguredJob {
  readonly job: Job;
  /** Time between two runs of the whole cluster, in milliseconds; absent: the job runs when an operator asks for it. */
  readonly intervalMs?: number | undefined;
  /** Whether its runs only report what they would change. */
  readonly dryRun: boolean;
}

/** A run that has begun. */
export interface BegunRun {
  readonly outcome: 'begun';
  readonly run: LastRun;
}

/** What schedules need. */
export interface ScheduleDependencies {
  readonly runner: Pick<JobRunner, 'run'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The first look comes after a random time up to this, so that processes that start together do not look together. */
const MAX_FIRST_DELAY_MS = 60 * 60 * 1000;
/** Later looks are spread over a tenth of the interval, and at most over this. */
const MAX_JITTER_MS = 60 * 1000;
/** When to look again while another process runs the job, while it must wait, or when the locks cannot be reached. */
const RETRY_MS = 5 * 60 * 1000;
/** A run without a heartbeat for this long counts as dead. */
const MAX_SILENCE_MS = 15 * 60 * 1000;
/** How long a run may take to end when the process stops. */
const STOP_MS = 10_000;

/**
 * Runs jobs repeatedly, each at its interval in the whole cluster, until it is disposed. Disposal stops the current runs
 * and waits for them, ten seconds at most.
 */
export class JobSchedules implements AsyncDisposable {
  readonly #stopping = new AbortController();
  readonly #dependencies: ScheduleDependencies;
  readonly #running = new Set<Promise<unknown>>();

  constructor(jobs: readonly ConfiguredJob[], dependencies: ScheduleDependencies) {
    this.#dependencies = dependencies;
    for (const job of jobs) this.#add(this.#repeat(job));
  }

  /** Aborts when no further run starts. */
  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  /**
   * Runs a job now, whenever it ran last, and records the run so that operators can watch and cancel it. Like all runs, it ends when
   * the process stops.
   * @returns the run, when it has begun; otherwise why it was not run
   */
  async start(job: Job, options: Pick<RunOptions, 'dryRun' | 'resumes'>): Promise<RunResult | BegunRun> {
    const { runner } = this.#dependencies;
    const begun = Promise.withResolvers<BegunRun>();
    const onBegun = (run: LastRun): void => begun.resolve({ outcome: 'begun', run });
    const ended = runner.run(job, { ...options, signal: this.stopping, isWatched: true, onBegun });
    this.#add(ended);
    return Promise.race([begun.promise, ended]);
  }

  /** Starts no further run and stops the current ones. */
  stop(): void {
    this.#stopping.abort(new Error('the registry stops'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop();
    const { clock, log } = this.#dependencies;
    const limit = new AbortController();
    const isEnded = await Promise.race([
      Promise.allSettled(this.#running).then(() => true),
      clock.wait(STOP_MS, limit.signal).then(() => false),
    ]);
    limit.abort();
    if (!isEnded) log.warn({ seconds: STOP_MS / 1000 }, 'job abandoned: it did not stop in time');
  }

  /** A run that could not be started is reported to the one who wanted it. */
  #add(running: Promise<unknown>): void {
    this.#running.add(running);
    const remove = (): void => void this.#running.delete(running);
    running.then(remove, remove);
  }

  async #repeat({ job, intervalMs, dryRun }: ConfiguredJob): Promise<void> {
    if (intervalMs === undefined) return;
    const { clock, runner, log } = this.#dependencies;
    const { signal } = this.#stopping;
    const jitterMs = Math.min(intervalMs / 10, MAX_JITTER_MS);
    const options = {
      dryRun,
      signal,
      resumes: true,
      dueInMs: (last: LastRun | undefined) => dueInMs(last, { intervalMs, clock }),
    };
    let delayMs: number | undefined = clock.random() * Math.min(intervalMs, MAX_FIRST_DELAY_MS);
    while (delayMs !== undefined) {
      await clock.wait(delayMs, signal);
      if (signal.aborted) return;
      try {
        delayMs = nextLook(await runner.run(job, options), intervalMs);
      } catch (error) {
        log.warn({ job: job.name, err: error }, 'job could not be started; it will be retried');
        delayMs = Math.min(intervalMs, RETRY_MS);
      }
      if (delayMs !== undefined) delayMs += clock.random() * jitterMs;
    }
  }
}

/** In how many milliseconds to look at the job again; `undefined` for never. */
function nextLook(result: RunResult, intervalMs: number): number | undefined {
  if (result.outcome === 'unsupported') return undefined;
  if (result.outcome === 'not-due') return result.dueInMs;
  const isSoon = result.outcome === 'locked' || result.outcome === 'waiting';
  return isSoon ? Math.min(intervalMs, RETRY_MS) : intervalMs;
}

/** Whether a run that has not ended has been silent for so long that its process has died. */
export function isLost({ seenAtMs, endedAtMs }: LastRun, nowMs: number): boolean {
  return endedAtMs === undefined && nowMs - seenAtMs > MAX_SILENCE_MS;
}

/**
 * In how many milliseconds a job should run, given its newest run; 0 or less: now. It runs now when no run is known or
 * the newest was stopped, otherwise one interval after its end. A run that has not ended counts as dead after 15 minutes
 * without a sign of life, or one interval if that is shorter. A time in the future, which another clock has written, is
 * ignored.
 */
export function dueInMs(
  last: LastRun | undefined,
  { intervalMs, clock }: { readonly intervalMs: number; readonly clock: Pick<Clock, 'now'> },
): number {
  const now = clock.now();
  if (last === undefined || last.seenAtMs > now || last.outcome === 'aborted') return 0;
  if (last.endedAtMs === undefined) return last.seenAtMs + Math.min(intervalMs, MAX_SILENCE_MS) - now;
  return last.endedAtMs + intervalMs - now;
}
