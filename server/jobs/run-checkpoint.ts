import { type CheckpointStore, checkpointValue } from '../../core/jobs/checkpoint-store.ts';
import type { Logger } from '../../core/ports/logger.ts';
import type { Clock } from './clock.ts';
import type { RunWrites } from './run-writes.ts';

/** A checkpoint is written at most so often; a crash costs that much of the work. */
const SAVE_EVERY_MS = 5_000;
/**
 * How long what was done counts as done, from the beginning of the work. Another program may change the storage behind
 * what was done, so it must not count for ever; work that takes days must be able to end in spite of restarts.
 */
const MAX_AGE_MS = 7 * 24 * 60 * 60 * 1000;

/** Where the checkpoint of a run is kept, and what it uses. */
export interface RunCheckpointDependencies {
  readonly stored: CheckpointStore;
  readonly writes: RunWrites;
  readonly log: Logger;
  readonly clock: Clock;
}

/** How the checkpoint of a run begins. */
export interface RunCheckpointOptions {
  readonly job: string;
  /** Whether the run resumes what an earlier one has left. */
  readonly resumes: boolean;
}

/** A checkpoint as it is stored. */
interface DatedCheckpoint {
  readonly value: unknown;
  /** When the first of the runs began that have led to it, in milliseconds since 1970. */
  readonly begunAtMs: number;
}

/**
 * The checkpoint of one run. A run that resumes begins with the stored one, unless the work that it describes began more
 * than a week ago. It is stored at most every few seconds, so that a job may save after each step.
 */
export class RunCheckpoint implements CheckpointStore {
  readonly #dependencies: RunCheckpointDependencies;
  readonly #job: string;
  #resumes: boolean;
  #begunAtMs: number;
  /** What was saved last, or what the run began with. */
  #latest: { readonly value: unknown } | undefined;
  #unsaved: { readonly value: unknown } | undefined;
  /** By the monotonic clock. */
  #savedAtMs = -Infinity;

  constructor({ job, resumes }: RunCheckpointOptions, dependencies: RunCheckpointDependencies) {
    this.#dependencies = dependencies;
    this.#job = job;
    this.#resumes = resumes;
    this.#begunAtMs = dependencies.clock.now();
  }

  async load(): Promise<unknown> {
    if (this.#latest === undefined && this.#resumes) {
      const found = await this.#loadStored();
      this.#latest ??= found;
    }
    return this.#latest?.value;
  }

  async save(given: unknown): Promise<void> {
    this.#latest = { value: checkpointValue(given) };
    this.#unsaved = this.#latest;
    const now = this.#dependencies.clock.monotonic();
    if (now - this.#savedAtMs < SAVE_EVERY_MS) return;
    this.#savedAtMs = now;
    await this.flush();
  }

  /** Stores what was saved last; does not reject. */
  async flush(): Promise<void> {
    const { stored, writes } = this.#dependencies;
    await writes.add(async () => {
      const unsaved = this.#unsaved;
      if (unsaved === undefined) return;
      await stored.save({ ...unsaved, begunAtMs: this.#begunAtMs } satisfies DatedCheckpoint);
      // The job may have saved more meanwhile.
      if (this.#unsaved === unsaved) this.#unsaved = undefined;
    });
  }

  async clear(): Promise<void> {
    const { stored, writes } = this.#dependencies;
    this.#resumes = false;
    this.#latest = undefined;
    this.#unsaved = undefined;
    await writes.add(() => stored.clear());
  }

  async #loadStored(): Promise<{ readonly value: unknown } | undefined> {
    const { stored, clock, log } = this.#dependencies;
    const found = parseCheckpoint(await stored.load());
    if (found === undefined) return undefined;
    const { value, begunAtMs } = found;
    const ageMs = clock.now() - begunAtMs;
    const fields = { job: this.#job, begunAt: new Date(begunAtMs).toISOString() };
    // A time in the future was written by another clock.
    if (ageMs < 0 || ageMs > MAX_AGE_MS) {
      log.info(fields, 'job started over: its checkpoint is too old');
      return undefined;
    }
    log.info({ ...fields, checkpoint: value }, 'job resumed where an earlier run stopped');
    this.#begunAtMs = begunAtMs;
    return { value };
  }
}

function parseCheckpoint(stored: unknown): DatedCheckpoint | undefined {
  if (typeof stored !== 'object' || stored === null) return undefined;
  const { value, begunAtMs } = stored as Partial<Record<keyof DatedCheckpoint, unknown>>;
  // A date reaches that far.
  if (typeof begunAtMs !== 'number' || !(Math.abs(begunAtMs) <= 8.64e15) || value === undefined) return undefined;
  return { value, begunAtMs };
}
