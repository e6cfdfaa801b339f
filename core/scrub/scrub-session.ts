import { RateBudget } from '../async/rate-budget.ts';
import type { JobRun } from '../jobs/job.ts';
import type { ScrubRun } from './content-reading.ts';
import type { ContentSource } from './content-source.ts';
import { SCRUB_FINDINGS, type ScrubFinding } from './finding.ts';
import type { ScrubCheckpoint } from './scrub-checkpoint.ts';
import { ScrubTally } from './scrub-tally.ts';

/** A crash costs so many steps, or the reading of so many bytes: a checkpoint costs more than a small blob. */
const MAX_UNSAVED_STEPS = 100;
const MAX_UNSAVED_BYTES = 64 * 1024 * 1024;
/** So much in a row that cannot be read means that the storage is out of order, not single files of it. */
const MAX_FAILURES_IN_A_ROW = 50;

/** Hears what a scrub does while it runs. */
export interface ScrubObserver {
  /** After each piece that was read. */
  readonly onBytes?: (bytes: number) => void;
  /** After the content of each digest: the number of those, and how many there will be at the end, as far as known. */
  readonly onBlob?: (done: number, total: number) => void;
  readonly onFinding?: (finding: ScrubFinding) => void;
}

/** What a run of a scrub begins with. */
export interface ScrubSessionOptions {
  /** How many bytes are read each second at most. */
  readonly bytesPerSecond: number;
  readonly observers: readonly ScrubObserver[];
  /** Where an earlier run has stopped. */
  readonly earlier: ScrubCheckpoint | undefined;
  /** From which content is repaired. */
  readonly sources: readonly ContentSource[];
}

/** One run of a scrub: counts and reports what it finds, and saves how far it is. */
export class ScrubSession implements ScrubRun {
  readonly signal: AbortSignal;
  readonly dryRun: boolean;
  readonly budget: RateBudget;
  readonly sources: readonly ContentSource[];
  readonly tally: ScrubTally;
  readonly #run: JobRun;
  readonly #observers: readonly ScrubObserver[];
  #total: number | undefined;
  #unsavedSteps = 0;
  #unsavedBytes = 0;
  #failures = 0;

  constructor(run: JobRun, { bytesPerSecond, observers, earlier, sources }: ScrubSessionOptions) {
    this.signal = run.signal;
    this.dryRun = run.dryRun;
    this.budget = new RateBudget(bytesPerSecond);
    this.sources = sources;
    this.tally = new ScrubTally(earlier?.report);
    this.#run = run;
    this.#observers = observers;
  }

  readonly onBytes = (bytes: number): void => {
    this.tally.countBytes(bytes);
    this.#unsavedBytes += bytes;
    for (const { onBytes } of this.#observers) onBytes?.(bytes);
    this.onStep();
  };

  /** Shows that the run is alive. */
  onStep(): void {
    this.#run.progress(this.tally.blobs, this.#total);
  }

  /**
   * Counts the content of one digest, with what was found.
   * @param total how many there will be at the end, as far as it can be told
   * @throws Error when too many in a row could not be read
   */
  countBlob(finding: ScrubFinding | undefined, total: (done: number) => number): void {
    this.tally.countBlob();
    const { blobs } = this.tally;
    this.#total = total(blobs);
    for (const { onBlob } of this.#observers) onBlob?.(blobs, this.#total);
    if (finding !== undefined) this.note(finding);
    this.onLook(finding?.code === 'content-unreadable' ? finding.reason : undefined);
  }

  /**
   * Counts failures of the storage in a row.
   * @param failure absent: something could be read
   * @throws Error after too many
   */
  onLook(failure: string | undefined): void {
    this.#failures = failure === undefined ? 0 : this.#failures + 1;
    if (this.#failures < MAX_FAILURES_IN_A_ROW) return;
    throw new Error(`${this.#failures} reads in a row failed: ${failure}`);
  }

  /** Notes that all content was verified. */
  endContent(): void {
    this.#total = this.tally.blobs;
    this.onStep();
  }

  /** Counts what was found, and writes it to the log. */
  note(finding: ScrubFinding): void {
    const { log, dryRun } = this.#run;
    this.tally.add(finding);
    const { severity, text } = SCRUB_FINDINGS[finding.code];
    const fields = { job: 'scrub', ...(dryRun && { dryRun }), ...finding };
    if (severity === 'damage') log.warn(fields, text);
    else log.info(fields, text);
    for (const { onFinding } of this.#observers) onFinding?.(finding);
  }

  /** Saves how far the run is, now and then. */
  async passed(place: Omit<ScrubCheckpoint, 'report'>): Promise<void> {
    this.onStep();
    this.#unsavedSteps += 1;
    if (this.#unsavedSteps < MAX_UNSAVED_STEPS && this.#unsavedBytes < MAX_UNSAVED_BYTES) return;
    await this.save(place);
  }

  /** Saves how far the run is. */
  async save(place: Omit<ScrubCheckpoint, 'report'>): Promise<void> {
    this.#unsavedSteps = 0;
    this.#unsavedBytes = 0;
    await this.#run.checkpoint.save({ ...place, report: this.tally.report() } satisfies ScrubCheckpoint);
  }
}
