import type { JobRun } from './job.ts';

/** How much of a stage must be done before the rest can be estimated. */
const MIN_PART = 0.001;

/**
 * How far a garbage collection is, in seconds: those that it has taken, and those that it will have taken at its end.
 * Whether there is garbage is known after the search, so until then that is its end; after it, the grace follows, and a
 * removal that is expected to take as long as the search did.
 */
export class CollectionProgress {
  readonly #report: JobRun['progress'];
  readonly #now: () => number;
  readonly #startedMs: number;
  #searchMs = 0;
  #told: Parameters<JobRun['progress']> = [0];

  /** @param now milliseconds of a clock that does not jump */
  constructor(report: JobRun['progress'], now: () => number = () => performance.now()) {
    this.#report = report;
    this.#now = now;
    this.#startedMs = now();
  }

  /** Shows that the run is alive. */
  readonly onStep = (): void => this.#report(...this.#told);

  /** Begins a search; what is returned takes the part of it that is done, from 0 to 1. */
  search(): (part: number) => void {
    const stageMs = this.#now();
    return (part) => {
      this.#searchMs = this.#now() - stageMs;
      this.#tell(rest(this.#searchMs, part));
    };
  }

  /** Tells how many milliseconds of the grace are left. */
  wait(leftMs: number): void {
    this.#tell(leftMs + this.#searchMs);
  }

  /** Begins to remove what was found; what is returned takes the part of it that is done, from 0 to 1. */
  complete(): (part: number) => void {
    const stageMs = this.#now();
    return (part) => this.#tell(rest(this.#now() - stageMs, part));
  }

  #tell(leftMs: number | undefined): void {
    const doneMs = this.#now() - this.#startedMs;
    const done = Math.round(doneMs / 1000);
    this.#told =
      leftMs === undefined ? [done] : [done, Math.round((doneMs + leftMs) / 1000), Math.round(leftMs / 1000)];
    this.onStep();
  }
}

/** How long the rest of a stage takes; `undefined` while too little is done. */
function rest(tookMs: number, part: number): number | undefined {
  return part < MIN_PART ? undefined : (tookMs * (1 - part)) / part;
}
