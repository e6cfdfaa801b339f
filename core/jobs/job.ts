import type { Logger } from '../ports/logger.ts';
import type { CheckpointStore } from './checkpoint-store.ts';

/** Recurring or long work of a registry, which does its whole task in one run. */
export interface Job<Report extends object = object> {
  /** Lower-case words with hyphens, such as `upload-purge`: its lock, its metric label and its word in commands. */
  readonly name: string;
  /** What it does, for operators: a few words in the third person. */
  readonly summary: string;
  /** Whether a run changes content. Then it is not run while the registry is read-only. */
  readonly changes: boolean;

  /**
   * Does the whole task once, or the rest of it where a checkpoint was kept. May be called again after it has ended.
   * Reports progress and looks at the signal after each step, which takes seconds at most.
   *
   * Two runs may overlap: without Redis a lock reaches one instance only, and a lock can be lost. So every change has to
   * be safe by the order of its steps and by the age of what it removes, never by the lock alone.
   * @returns counts and facts that survive JSON; they become fields of the log line and of the stored state
   * @throws JobUnsupportedError when this storage will never let the job do its work
   * @throws the reason of the signal, soon after it aborts
   */
  run(run: JobRun): Promise<Report>;
}

/** What one run of a job is given. */
export interface JobRun {
  /** Aborts when the process stops, the lock of the job was lost, or the registry may no longer be changed. */
  readonly signal: AbortSignal;
  /** Whether the run only reports what it would change. */
  readonly dryRun: boolean;
  readonly log: Logger;
  /** Kept for the next run unless this one completes. A dry run has one of its own, which ends with it. */
  readonly checkpoint: CheckpointStore;
  /**
   * Says how far the run is, in whatever it counts; also the sign of life without which other instances count the run as
   * dead after a quarter of an hour. Costs nothing; call it as often as you like, even with the same numbers.
   */
  readonly progress: (done: number, total?: number) => void;
}
