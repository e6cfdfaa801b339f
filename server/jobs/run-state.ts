import { type CheckpointStore, MemoryCheckpoint } from '../../core/jobs/checkpoint-store.ts';
import type { LastRun } from '../../core/jobs/last-run.ts';
import type { Logger } from '../../core/ports/logger.ts';
import type { JobStore } from '../../core/storage/job-store.ts';
import type { Clock } from './clock.ts';

/** A checkpoint is written at most so often; a crash costs that much of the work. */
const SAVE_EVERY_MS = 5_000;
/** How often the log says how far a run is. */
const TELL_EVERY_MS = 60_000;

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
  /** Whether the storage may be written to. */
  readonly isStored: boolean;
  /** When a run last completed. */
  readonly succeededAtMs: number | undefined;
}

/**
 * How far one run is. Its checkpoint and sign of life are stored as it moves on, at most every few seconds, so that a
 * job may save after each step. A failure to store it fails no run: the next run then begins earlier in the work.
 */
export class RunState {
  readonly checkpoint: CheckpointStore;
  readonly #dependencies: RunStateDependencies;
  readonly #job: string;
  readonly #isStored: boolean;
  readonly #stored: CheckpointStore;
  #run: LastRun;
  #savedAtMs = -Infinity;
  #toldAtMs: number;
  #unsaved: { readonly value: unknown } | undefined;
  #hasFailed = false;

  constructor({ job, dryRun, isStored, succeededAtMs }: RunStateOptions, dependencies: RunStateDependencies) {
    this.#dependencies = dependencies;
    this.#job = job;
    this.#isStored = isStored;
    this.#stored = dryRun || !isStored ? new MemoryCheckpoint() : dependencies.store.checkpoint(job);
    const now = dependencies.clock.now();
    this.#toldAtMs = now;
    this.#run = { startedAtMs: now, seenAtMs: now, dryRun, ...(succeededAtMs !== undefined && { succeededAtMs }) };
    this.checkpoint = {
      load: () => this.#stored.load(),
      save: (value) => this.#save(value),
      clear: () => this.#clear(),
    };
  }

  /** What is known of the run now. */
  get run(): LastRun {
    return this.#run;
  }

  /** Stores that the run has begun. */
  begin(): Promise<void> {
    return this.#put({});
  }

  progress(done: number, total?: number): void {
    this.#run = { ...this.#run, progress: total === undefined ? { done } : { done, total } };
    const { clock, log } = this.#dependencies;
    if (clock.now() - this.#toldAtMs < TELL_EVERY_MS) return;
    this.#toldAtMs = clock.now();
    log.info({ job: this.#job, ...this.#run.progress }, 'a job is under way');
  }

  /** Stores how the run ended; its checkpoint stays unless it has completed. */
  async end(ending: Pick<LastRun, 'outcome' | 'report' | 'problem'>): Promise<void> {
    const endedAtMs = this.#dependencies.clock.now();
    const isCompleted = ending.outcome === 'completed';
    await this.#trying(() => (isCompleted ? this.#clear() : this.#flush()));
    await this.#put({ endedAtMs, ...ending, ...(isCompleted && !this.#run.dryRun && { succeededAtMs: endedAtMs }) });
  }

  async #save(value: unknown): Promise<void> {
    this.#unsaved = { value };
    const now = this.#dependencies.clock.now();
    if (now - this.#savedAtMs < SAVE_EVERY_MS) return;
    this.#savedAtMs = now;
    await this.#trying(() => this.#flush());
    await this.#put({});
  }

  async #flush(): Promise<void> {
    if (this.#unsaved === undefined) return;
    await this.#stored.save(this.#unsaved.value);
    this.#unsaved = undefined;
  }

  async #clear(): Promise<void> {
    this.#unsaved = undefined;
    await this.#stored.clear();
  }

  async #put(changes: Partial<LastRun>): Promise<void> {
    this.#run = { ...this.#run, ...changes, seenAtMs: this.#dependencies.clock.now() };
    if (this.#isStored) await this.#trying(() => this.#dependencies.store.putLastRun(this.#job, this.#run));
  }

  /** A value that is too large is a mistake of the job; whatever the storage refuses is no reason to fail. */
  async #trying(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      if (error instanceof RangeError) throw error;
      if (!this.#hasFailed) {
        this.#dependencies.log.debug({ job: this.#job, err: error }, 'the state of a job could not be stored');
      }
      this.#hasFailed = true;
    }
  }
}
