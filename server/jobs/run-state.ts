import { MemoryCheckpoint } from '../../core/jobs/checkpoint-store.ts';
import type { LastRun } from '../../core/jobs/last-run.ts';
import { TimeLeft } from '../../core/jobs/time-left.ts';
import type { Logger } from '../../core/ports/logger.ts';
import type { JobStore, RecordedRun } from '../../core/storage/job-store.ts';
import type { Clock } from './clock.ts';
import { RunCheckpoint } from './run-checkpoint.ts';
import { RunWrites } from './run-writes.ts';

/** How often a heartbeat is stored at most. */
const SEEN_EVERY_MS = 5_000;
/** How often the log says how far a run is. */
const TELL_EVERY_MS = 60_000;
/** A stored run takes at most 64 KiB; the rest is for the other fields. */
const MAX_REPORT_BYTES = 48 * 1024;
const MAX_PROBLEM_LENGTH = 1_000;

/** What the state of a run is kept in. */
export interface RunStateDependencies {
  readonly store: JobStore;
  readonly log: Logger;
  readonly clock: Clock;
}

/** What the state of a run begins with. */
export interface RunStateOptions {
  readonly job: string;
  readonly dryRun: boolean;
  /** Whether the run resumes what an earlier one has left. */
  readonly resumes: boolean;
  /** As which record other instances can see it; absent: they cannot. */
  readonly record: RecordedRun | undefined;
  /** When a run last completed. */
  readonly succeededAtMs: number | undefined;
  /** Whether the storage may be written to now; asked before each write. */
  readonly mayWrite: () => boolean;
  /** Called when an operator has cancelled the run. */
  readonly onCancelled: () => void;
}

/**
 * How far one run is. Its checkpoint and sign of life are stored as it makes progress, at most every few seconds. A
 * failure to store them fails no run.
 */
export class RunState {
  readonly checkpoint: RunCheckpoint;
  readonly #dependencies: RunStateDependencies;
  readonly #options: RunStateOptions;
  readonly #writes: RunWrites;
  /** By the monotonic clock, as the next two. */
  readonly #startedMs: number;
  readonly #timeLeft = new TimeLeft();
  #toldMs: number;
  #seenMs: number;
  #run: LastRun;

  constructor(options: RunStateOptions, dependencies: RunStateDependencies) {
    const { job, dryRun, resumes, record, succeededAtMs } = options;
    const { store, log, clock } = dependencies;
    this.#dependencies = dependencies;
    this.#options = options;
    this.#writes = new RunWrites(options, log);
    const stored = dryRun || record === undefined ? new MemoryCheckpoint() : store.checkpoint(job);
    this.checkpoint = new RunCheckpoint({ job, resumes }, { stored, writes: this.#writes, log, clock });
    this.#startedMs = clock.monotonic();
    this.#toldMs = this.#startedMs;
    this.#seenMs = this.#startedMs;
    const now = clock.now();
    this.#run = { startedAtMs: now, seenAtMs: now, dryRun, ...(succeededAtMs !== undefined && { succeededAtMs }) };
  }

  /** What is known of the run now. */
  get run(): LastRun {
    return this.#run;
  }

  /** How long the run has taken until now, to the millisecond. */
  get seconds(): number {
    return Math.round(this.#dependencies.clock.monotonic() - this.#startedMs) / 1000;
  }

  /** Stores that the run has begun; a run that resumes nothing removes what an earlier one has left. */
  async begin(): Promise<void> {
    if (!this.#options.resumes) await this.checkpoint.clear();
    await this.#put({});
  }

  progress(done: number, total?: number, expected?: number): void {
    const { clock, log } = this.#dependencies;
    const now = clock.monotonic();
    const secondsLeft = expected ?? (total === undefined ? undefined : this.#timeLeft.seconds(done, total, now));
    const known = { ...(total !== undefined && { total }), ...(secondsLeft !== undefined && { secondsLeft }) };
    this.#run = { ...this.#run, progress: { done, ...known } };
    if (now - this.#seenMs >= SEEN_EVERY_MS) {
      this.#seenMs = now;
      // They never reject, and the end of the run waits for them.
      void this.#put({});
      void this.#writes.add(() => this.#lookForCancellation());
    }
    if (now - this.#toldMs < TELL_EVERY_MS) return;
    this.#toldMs = now;
    log.info({ job: this.#options.job, ...this.#run.progress }, 'job in progress');
  }

  /**
   * Stores how the run ended, without a report that does not fit; its checkpoint stays unless it has completed. Never
   * rejects.
   */
  async end({ outcome, report, problem }: Pick<LastRun, 'outcome' | 'report' | 'problem'>): Promise<void> {
    const endedAtMs = this.#dependencies.clock.now();
    const isCompleted = outcome === 'completed';
    await (isCompleted ? this.checkpoint.clear() : this.checkpoint.flush());
    await this.#put({
      endedAtMs,
      outcome,
      ...(report !== undefined && this.#canStore(report) && { report }),
      ...(problem !== undefined && { problem: problem.slice(0, MAX_PROBLEM_LENGTH) }),
      ...(isCompleted && !this.#run.dryRun && { succeededAtMs: endedAtMs }),
    });
  }

  async #lookForCancellation(): Promise<void> {
    const { store } = this.#dependencies;
    const { job, record, onCancelled } = this.#options;
    if (record === undefined || !(await store.isCancelled(job, this.#run))) return;
    onCancelled();
    await store.clearCancellation(job);
  }

  #canStore(report: object): boolean {
    const { job } = this.#options;
    const { log } = this.#dependencies;
    try {
      const bytes = Buffer.byteLength(JSON.stringify(report));
      if (bytes <= MAX_REPORT_BYTES) return true;
      log.warn({ job, bytes }, 'the report of a job is too large to be stored');
    } catch (error) {
      log.warn({ job, err: error }, 'the report of a job could not be stored');
    }
    return false;
  }

  async #put(changes: Partial<LastRun>): Promise<void> {
    const { store, clock } = this.#dependencies;
    const { job, record } = this.#options;
    this.#run = { ...this.#run, ...changes, seenAtMs: clock.now() };
    if (record !== undefined) await this.#writes.add(() => store.putLastRun(job, this.#run, record));
  }
}
