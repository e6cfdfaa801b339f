import type { Job } from '../../core/jobs/job.ts';
import { JobUnsupportedError } from '../../core/jobs/job-unsupported-error.ts';
import type { LastRun } from '../../core/jobs/last-run.ts';
import type { Locks } from '../../core/ports/locks.ts';
import { errorMessage } from '../../plugins/loading/error-message.ts';
import type { JobMetrics } from '../metrics/job-metrics.ts';
import { RunState, type RunStateDependencies } from './run-state.ts';

/** What runs of jobs need. */
export interface JobRunnerDependencies extends RunStateDependencies {
  /** Without Redis they reach one instance only, so two instances may run a job at once: each job is safe then. */
  readonly locks: Locks;
  readonly metrics: JobMetrics | undefined;
  /** Whether the registry takes no changes now. */
  readonly isReadOnly: () => boolean;
}

/** How a job is run. */
export interface RunOptions {
  readonly dryRun: boolean;
  /** Ends the run; the next one resumes it. */
  readonly signal: AbortSignal;
  /** In how many milliseconds the job should run, given its newest run; it runs only at 0 or less. Default: now. */
  readonly dueInMs?: (last: LastRun | undefined) => number;
  /** Default `false`: whether an operator insists on a job that changes content of a read-only registry. */
  readonly evenReadOnly?: boolean;
}

/** The result of a run; the last four mean that the job was not run. */
export type RunResult =
  | { readonly outcome: 'completed'; readonly report: object; readonly seconds: number }
  | { readonly outcome: 'failed'; readonly error: unknown }
  | { readonly outcome: 'aborted' }
  | { readonly outcome: 'unsupported'; readonly reason: string }
  | { readonly outcome: 'read-only' }
  | { readonly outcome: 'locked' }
  | { readonly outcome: 'not-due'; readonly dueInMs: number };

interface LockedRun {
  readonly state: RunState;
  readonly signal: AbortSignal;
  /** Aborts when another process may have the lock. */
  readonly lost: AbortSignal;
}

const NEVER = new AbortController().signal;

/**
 * Runs jobs once each: of all processes that the locks reach, only one runs a job at a time. Writes a log line when a run
 * begins and one when it ends, counts it, and stores its result for all instances on the storage.
 */
export class JobRunner {
  readonly #dependencies: JobRunnerDependencies;
  /** The newest runs of this process, because a storage may refuse to store them. */
  readonly #own = new Map<string, LastRun>();

  constructor(dependencies: JobRunnerDependencies) {
    this.#dependencies = dependencies;
  }

  /**
   * An error of the job is a result.
   * @throws DriverError when the storage cannot say when the job ran last; what the locks throw
   */
  async run(job: Job, { dryRun, signal, dueInMs, evenReadOnly = false }: RunOptions): Promise<RunResult> {
    const { locks, store, metrics, isReadOnly, log } = this.#dependencies;
    const isForbidden = isReadOnly() && !evenReadOnly;
    if (isForbidden && job.changes && !dryRun) {
      log.info({ job: job.name }, 'a job was skipped, because the registry is read-only');
      metrics?.count(job.name, 'skipped', 0);
      return { outcome: 'read-only' };
    }
    await using lock = (await locks.tryAcquire(`job:${job.name}`)) ?? null;
    if (lock === null) return { outcome: 'locked' };
    const last = newer(await store.lastRun(job.name), this.#own.get(job.name));
    metrics?.noteSuccess(job.name, last?.succeededAtMs);
    const dueIn = dueInMs?.(last) ?? 0;
    if (dueIn > 0) return { outcome: 'not-due', dueInMs: dueIn };
    // A dry run by an operator must not delay the next scheduled run.
    const isStored = !isForbidden && !(dryRun && dueInMs === undefined);
    const options = { job: job.name, dryRun, isStored, succeededAtMs: last?.succeededAtMs };
    const state = new RunState(options, this.#dependencies);
    const result = await this.#runLocked(job, { state, signal, lost: lock.lost ?? NEVER });
    if (result.outcome !== 'unsupported') this.#own.set(job.name, state.run);
    return result;
  }

  async #runLocked(job: Job, { state, signal: stop, lost }: LockedRun): Promise<RunResult> {
    const { log, clock, metrics } = this.#dependencies;
    const { dryRun, startedAtMs } = state.run;
    const secondsSince = (): number => (clock.now() - startedAtMs) / 1000;
    const signal = AbortSignal.any([stop, lost]);
    await state.begin();
    const { checkpoint } = state;
    log.info({ job: job.name, dryRun }, 'a job begins');
    const progress = (done: number, total?: number): void => state.progress(done, total);
    try {
      signal.throwIfAborted();
      const report = await job.run({ signal, dryRun, log, checkpoint, progress });
      const seconds = secondsSince();
      log.info({ job: job.name, dryRun, seconds, ...report }, 'a job has completed');
      await state.end({ outcome: 'completed', report });
      metrics?.count(job.name, 'completed', seconds);
      metrics?.noteSuccess(job.name, state.run.succeededAtMs);
      return { outcome: 'completed', report, seconds };
    } catch (error) {
      const seconds = secondsSince();
      if (error instanceof JobUnsupportedError) {
        log.info({ job: job.name }, error.message);
        return { outcome: 'unsupported', reason: error.message };
      }
      const outcome = signal.aborted ? 'aborted' : 'failed';
      metrics?.count(job.name, outcome, seconds);
      // Another process may have begun a run since, whose stored state must stay.
      if (!lost.aborted) await state.end({ outcome, ...(outcome === 'failed' && { problem: errorMessage(error) }) });
      if (outcome === 'failed') log.warn({ job: job.name, err: error, seconds }, 'a job has failed');
      else log.info({ job: job.name, seconds }, 'a job was stopped, and its next run resumes it');
      return outcome === 'failed' ? { outcome, error } : { outcome };
    }
  }
}

function newer(stored: LastRun | undefined, own: LastRun | undefined): LastRun | undefined {
  if (stored === undefined || own === undefined) return stored ?? own;
  return own.startedAtMs > stored.startedAtMs ? own : stored;
}
