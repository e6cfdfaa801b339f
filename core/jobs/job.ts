import type { Logger } from '../ports/logger.ts';
import type { CheckpointStore } from './checkpoint-store.ts';

/** Recurring or long work of a registry, which does its whole task in one run. */
export interface Job<Report extends object = object> {
  /**
   * Lower-case words with hyphens, such as `upload-purge`: the name of its lock, its metric label and its name in
   * commands.
   */
  readonly name: string;
  /** What it does, for operators: a few words, starting with a verb in the third person. */
  readonly summary: string;
  /** Whether a run changes content; such a job does not run while the registry is read-only. */
  readonly changes: boolean;
  /** Whether a report says that something is wrong in the storage; commands then exit with 9. Absent: it never does. */
  foundProblems?(report: Report): boolean;
  /**
   * Why a run that changes content must wait now, for operators; `undefined`: it need not. Asked right before such a run, of
   * which nothing is then recorded; a schedule asks again soon. Absent: it never waits.
   * @throws DriverError when the storage cannot say
   */
  mustWait?(): Promise<string | undefined>;

  /**
   * Does the whole task once, or the rest of it if there is a checkpoint. May be called again after it has ended.
   * Reports progress and checks the signal after each step, which takes seconds at most.
   *
   * Two runs may overlap: without Redis a lock reaches one instance only, and a lock can be lost. Every change must
   * therefore be safe by the order of its steps and by the age of what it removes, never by the lock alone.
   * @returns counts and facts as JSON values; they become fields of the log line and of the stored state
   * @throws JobUnsupportedError when this storage will never let the job do its work
   * @throws the reason of the signal, soon after it aborts
   */
  run(run: JobRun): Promise<Report>;
}

/** The context of one run of a job. */
export interface JobRun {
  /** Aborts when the process stops, the lock of the job is lost, or the registry becomes read-only. */
  readonly signal: AbortSignal;
  /** Whether the run only reports what it would change. */
  readonly dryRun: boolean;
  readonly log: Logger;
  /** Kept for the next run unless this one completes. A dry run has its own, which ends with it. */
  readonly checkpoint: CheckpointStore;
  /**
   * Reports how far the run is, in whatever unit it counts. It is also the sign of life: without one for 15 minutes,
   * other instances consider the run dead. It costs nothing; call it as often as you like, even with the same numbers.
   * `secondsLeft` is what the job itself expects; absent: the rest takes as long as what was done, in proportion.
   */
  readonly progress: (done: number, total?: number, secondsLeft?: number) => void;
}
