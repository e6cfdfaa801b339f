import { atPace } from '../../core/async/call-pace.ts';
import type { Job, JobRun } from '../../core/jobs/job.ts';
import { JobUnsupportedError } from '../../core/jobs/job-unsupported-error.ts';
import type { LastRun } from '../../core/jobs/last-run.ts';
import type { Locks } from '../../core/ports/locks.ts';
import type { RecordedRun } from '../../core/storage/job-store.ts';
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
  /** Ends the run; one that resumes does the rest of its work. */
  readonly signal: AbortSignal;
  /** In how many milliseconds the job should run, given its newest run; it runs only at 0 or less. Default: now. */
  readonly dueInMs?: (last: LastRun | undefined) => number;
  /** Default `false`: whether an operator insists on a job that changes content of a read-only registry. */
  readonly evenReadOnly?: boolean;
  /** Default `false`: whether it resumes the work of an earlier run that has not completed, instead of doing all of it. */
  readonly resumes?: boolean | undefined;
  /** Default `false`: whether a dry run that is not scheduled is recorded, so that operators can watch and cancel it. */
  readonly isWatched?: boolean;
  /** Called with the run when it has begun. */
  readonly onBegun?: ((run: LastRun) => void) | undefined;
}

/** The result of a run; the last four mean that the job was not run, and `unsupported` that it did nothing. */
export type RunResult =
  | { readonly outcome: 'completed'; readonly report: object; readonly seconds: number }
  | { readonly outcome: 'failed'; readonly error: unknown }
  | { readonly outcome: 'aborted' }
  | { readonly outcome: 'cancelled' }
  | { readonly outcome: 'unsupported'; readonly reason: string }
  | { readonly outcome: 'read-only' }
  | { readonly outcome: 'locked' }
  | { readonly outcome: 'waiting'; readonly reason: string }
  | { readonly outcome: 'not-due'; readonly dueInMs: number };

interface LockedRun extends Pick<RunOptions, 'dryRun' | 'signal' | 'onBegun'> {
  readonly state: RunState;
  /** Whether the job may not change content now. */
  readonly isForbidden: () => boolean;
  /** Ends the run, and what it stores. */
  readonly closing: AbortController;
  /** Ends the run, but not what it stores. */
  readonly cancelling: AbortSignal;
}

/** How a job ended that was run. */
type Ending = Extract<RunResult, { outcome: 'failed' | 'aborted' | 'cancelled' | 'unsupported' }> | CompletedEnding;

interface CompletedEnding {
  readonly outcome: 'completed';
  readonly report: object;
}

const NEVER = new AbortController().signal;

/**
 * Runs jobs once each: of all processes that the locks reach, only one runs a job at a time. Writes a log line when a run
 * begins and one when it ends, counts it, and stores its result for all instances on the storage. A run that has lost its
 * lock, or whose registry has become read-only, is stopped and stores nothing more.
 */
export class JobRunner {
  readonly #dependencies: JobRunnerDependencies;
  /** The newest runs of this process, because a storage may refuse to store them. */
  readonly #own = new Map<string, LastRun>();
  /** The runs of this process that have not ended. */
  readonly #running = new Map<string, { readonly state: RunState; readonly cancel: () => void }>();

  constructor(dependencies: JobRunnerDependencies) {
    this.#dependencies = dependencies;
  }

  /** The run of a job in this process, as far as it is now; `undefined` while there is none. */
  running(job: string): LastRun | undefined {
    return this.#running.get(job)?.state.run;
  }

  /** Ends the run of a job that began at this time, if it runs in this process; it ends soon after that. */
  cancel(job: string, startedAtMs: number): void {
    const running = this.#running.get(job);
    if (running?.state.run.startedAtMs === startedAtMs) running.cancel();
  }

  /**
   * An error of the job is a result.
   * @throws DriverError when the storage cannot say when the job ran last, or whether it must wait; what the locks throw
   */
  async run(job: Job, options: RunOptions): Promise<RunResult> {
    const { dryRun, signal, dueInMs, onBegun, evenReadOnly = false, resumes = false } = options;
    const { locks, store, metrics, isReadOnly, log } = this.#dependencies;
    const takesNothing = (): boolean => isReadOnly() && !evenReadOnly;
    const isForbidden = (): boolean => job.changes && !dryRun && takesNothing();
    if (isForbidden()) {
      log.info({ job: job.name }, 'job skipped: the registry is read-only');
      metrics?.count(job.name, 'skipped', 0);
      return { outcome: 'read-only' };
    }
    await using lock = (await locks.tryAcquire(`job:${job.name}`)) ?? null;
    if (lock === null) return { outcome: 'locked' };
    const last = newer(await store.lastRun(job.name), this.#own.get(job.name));
    metrics?.noteSuccess(job.name, last?.succeededAtMs);
    const dueIn = dueInMs?.(last) ?? 0;
    if (dueIn > 0) return { outcome: 'not-due', dueInMs: dueIn };
    const reason = dryRun ? undefined : await job.mustWait?.();
    if (reason !== undefined) {
      log.info({ job: job.name, reason }, 'job waits');
      return { outcome: 'waiting', reason };
    }
    if (signal.aborted) return { outcome: 'aborted' };
    const closing = new AbortController();
    const closed = AbortSignal.any([closing.signal, lock.lost ?? NEVER]);
    const cancelling = new AbortController();
    const cancel = (): void => cancelling.abort(new Error('an operator cancelled it'));
    const state = new RunState(
      {
        job: job.name,
        dryRun,
        resumes,
        record: recordOf(options),
        succeededAtMs: last?.succeededAtMs,
        mayWrite: () => !closed.aborted && !takesNothing(),
        onCancelled: cancel,
      },
      this.#dependencies,
    );
    const ended = AbortSignal.any([signal, closed, cancelling.signal]);
    const run = { state, dryRun, signal: ended, isForbidden, closing, cancelling: cancelling.signal, onBegun };
    this.#running.set(job.name, { state, cancel });
    const result = await this.#runLocked(job, run).finally(() => this.#running.delete(job.name));
    closing.abort(new Error('the run has ended'));
    if (result.outcome !== 'unsupported') this.#own.set(job.name, state.run);
    return result;
  }

  async #runLocked(job: Job, run: LockedRun): Promise<RunResult> {
    const { state, dryRun, signal } = run;
    const { log, metrics } = this.#dependencies;
    log.info({ job: job.name, dryRun }, 'job started');
    await state.begin();
    run.onBegun?.(state.run);
    const ending = await this.#attempt(job, run);
    const { seconds } = state;
    const { outcome } = ending;
    if (outcome === 'unsupported') {
      log.info({ job: job.name }, ending.reason);
      await state.end({ outcome: 'failed', problem: ending.reason });
      return ending;
    }
    // Before the end is stored, from which the interval counts: the next run begins one interval after this line.
    if (outcome === 'completed') log.info({ job: job.name, dryRun, seconds, ...ending.report }, 'job completed');
    else if (outcome === 'failed') log.warn({ job: job.name, err: ending.error, seconds }, 'job failed');
    else log.info({ job: job.name, seconds, reason: errorMessage(signal.reason) }, 'job stopped');
    await state.end({
      outcome,
      ...(outcome === 'completed' && { report: ending.report }),
      ...(outcome === 'failed' && { problem: errorMessage(ending.error) }),
    });
    metrics?.count(job.name, outcome, seconds);
    if (outcome !== 'completed') return ending;
    metrics?.noteSuccess(job.name, state.run.succeededAtMs);
    return { ...ending, seconds };
  }

  async #attempt(job: Job, { state, dryRun, signal, isForbidden, closing, cancelling }: LockedRun): Promise<Ending> {
    const { log } = this.#dependencies;
    const { checkpoint } = state;
    const stopIfForbidden = (): void => {
      if (isForbidden()) closing.abort(new Error('the registry has become read-only'));
    };
    const progress: JobRun['progress'] = (...now) => {
      stopIfForbidden();
      state.progress(...now);
    };
    try {
      signal.throwIfAborted();
      // Without a limit, which a job may have of its own: its calls only let those of requests go first.
      const report = await atPace({ signal }, () => job.run({ signal, dryRun, log, checkpoint, progress }));
      stopIfForbidden();
      return { outcome: 'completed', report };
    } catch (error) {
      if (error instanceof JobUnsupportedError) return { outcome: 'unsupported', reason: error.message };
      if (!signal.aborted) return { outcome: 'failed', error };
      return { outcome: signal.reason === cancelling.reason ? 'cancelled' : 'aborted' };
    }
  }
}

/** A dry run by an operator must not delay the next scheduled run. */
function recordOf({ dryRun, dueInMs, isWatched = false }: RunOptions): RecordedRun | undefined {
  if (!dryRun || dueInMs !== undefined) return 'any';
  return isWatched ? 'dry' : undefined;
}

function newer(stored: LastRun | undefined, own: LastRun | undefined): LastRun | undefined {
  if (stored === undefined || own === undefined) return stored ?? own;
  return own.startedAtMs > stored.startedAtMs ? own : stored;
}
