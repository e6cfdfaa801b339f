import type { PluginContext } from '../../../core/driver/index.ts';

/** How long no new copy is created after the cache's disk has failed, in milliseconds. */
const PAUSE_MS = 60_000;

/** Remembers that the cache's disk fails, so that an outage causes one warning and few attempts. */
export class DiskFailures {
  readonly #warn: PluginContext['warn'];
  readonly #now: () => number;
  #isOn = false;
  #pausedUntil = Number.NEGATIVE_INFINITY;

  constructor(warn: PluginContext['warn'], now: () => number = () => performance.now()) {
    this.#warn = warn;
    this.#now = now;
  }

  /** Whether no copy should be created now. */
  get isPaused(): boolean {
    return this.#now() < this.#pausedUntil;
  }

  /** Call this when the disk has failed. */
  note(error: unknown): void {
    this.#pausedUntil = this.#now() + PAUSE_MS;
    if (this.#isOn) return;
    this.#isOn = true;
    const reason = error instanceof Error ? error.message : String(error);
    this.#warn(`cache: its disk fails, so blobs are read from the storage: ${reason}`, { err: error });
  }

  /** Call this when the disk works again. */
  end(): void {
    this.#isOn = false;
  }
}
