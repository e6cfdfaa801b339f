import { RateBudget } from '../async/rate-budget.ts';
import type { ScrubFinding } from '../scrub/finding.ts';
import { ScrubTally } from '../scrub/scrub-tally.ts';
import { type CopyCounts, type CopyReport, emptyCounts } from './copy-report.ts';

/** So much in a row that cannot be read means that the source is out of order, not single files of it. */
const MAX_FAILURES_IN_A_ROW = 50;

/** How a storage is copied. */
export interface CopyOptions {
  /** Only counts what would be done. */
  readonly dryRun: boolean;
  /** Reads again what the target has, and compares its digests. */
  readonly verifies: boolean;
  /** Removes tags, manifests, links and access tokens from the target that the source does not have. */
  readonly deletes: boolean;
  /** The target is in use and newer than the source: what it has stays. */
  readonly onlyMissing: boolean;
  /** How many bytes are read each second at most. */
  readonly bytesPerSecond: number;
  /** How many files are looked at or copied at the same time, at most. */
  readonly concurrency: number;
}

/** Hears what a copy does while it runs. */
export interface CopyObserver {
  /** After each piece that was read. */
  readonly onBytes?: (bytes: number) => void;
  /** After each content: how many were looked at, and how many there will be, as far as known. */
  readonly onContent?: (done: number, total: number) => void;
  /** After each repository. */
  readonly onRepository?: (done: number) => void;
  readonly onFinding?: (finding: ScrubFinding) => void;
}

/** One pass of a copy: its limits, and what it has done until now. */
export class CopySession {
  readonly options: CopyOptions;
  readonly signal: AbortSignal;
  readonly budget: RateBudget;
  readonly counts: CopyCounts = emptyCounts();
  readonly #observer: CopyObserver;
  readonly #tally = new ScrubTally();
  readonly #reported = new Set<string>();
  #failures = 0;

  constructor(options: CopyOptions, { signal, observer }: { signal: AbortSignal; observer: CopyObserver }) {
    this.options = options;
    this.signal = signal;
    this.budget = new RateBudget(options.bytesPerSecond);
    this.#observer = observer;
  }

  /** Counts bytes that were read. */
  onBytes(bytes: number): void {
    this.counts.readBytes += bytes;
    this.#observer.onBytes?.(bytes);
  }

  /** Counts bytes that were read, and waits until they are within the limit. */
  async read(bytes: number): Promise<void> {
    this.onBytes(bytes);
    await this.budget.take(bytes, this.signal);
  }

  passedContent(total: number): void {
    this.counts.contents += 1;
    this.#observer.onContent?.(this.counts.contents, Math.max(total, this.counts.contents));
  }

  passedRepository(): void {
    this.counts.repositories += 1;
    this.#observer.onRepository?.(this.counts.repositories);
  }

  /**
   * Counts failures of the source in a row.
   * @param failure absent: something could be read
   * @throws Error after too many
   */
  onRead(failure?: string): void {
    this.#failures = failure === undefined ? 0 : this.#failures + 1;
    if (this.#failures < MAX_FAILURES_IN_A_ROW) return;
    throw new Error(`${this.#failures} reads of the source in a row failed: ${failure}`);
  }

  /** Reports what is wrong in the source; the same thing once. */
  note(finding: ScrubFinding): void {
    const { code, digest = '', repository = '', tag = '' } = finding;
    const key = [code, digest, repository, tag].join(' ');
    if (this.#reported.has(key)) return;
    this.#reported.add(key);
    this.#tally.add(finding);
    this.#observer.onFinding?.(finding);
  }

  report(): CopyReport {
    const { damage, remarks, codes, findings } = this.#tally.report();
    return { ...this.counts, damage, remarks, codes, findings };
  }
}
