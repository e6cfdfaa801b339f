import type { Digest } from '../digest/digest.ts';
import type { RepositoryName } from '../model/reference.ts';

const HOUR_MS = 3_600_000;
const MAX_WAITING = 100_000;

/** The starts of the hours in which the manifests of a repository were pulled, in milliseconds since 1970. */
type Hours = Map<Digest, number>;

/** What became of a pull: `full` when it is time to write, `lost` when there is no room for it. */
export type Noted = 'known' | 'waiting' | 'full' | 'lost';

/** Pulls in memory: which manifests were pulled in this hour, and what has to be written. */
export class NotedPulls {
  readonly #maxWaiting: number;
  #hourMs = 0;
  /** Pulled in this hour, written or not. */
  readonly #known = new Map<RepositoryName, Set<Digest>>();
  #knownSize = 0;
  #waiting = new Map<RepositoryName, Hours>();
  #size = 0;

  /** @param options.maxWaiting how many manifests may wait to be written, and how many are remembered for an hour */
  constructor({ maxWaiting = MAX_WAITING }: { readonly maxWaiting?: number | undefined } = {}) {
    this.#maxWaiting = maxWaiting;
  }

  /** The number of manifests that wait to be written. */
  get size(): number {
    return this.#size;
  }

  add(name: RepositoryName, digest: Digest, nowMs: number): Noted {
    const sinceMs = nowMs - this.#hourMs;
    if (sinceMs >= HOUR_MS || sinceMs < 0) {
      this.#hourMs = nowMs - (nowMs % HOUR_MS);
      this.#forget();
    }
    const known = this.#known.get(name);
    if (known?.has(digest) === true) return 'known';
    if (!this.#wait(name, digest, this.#hourMs)) return 'lost';
    // Those that are forgotten are written once more.
    if (this.#knownSize >= this.#maxWaiting) this.#forget();
    const digests = this.#known.get(name);
    if (digests === undefined) this.#known.set(name, new Set([digest]));
    else digests.add(digest);
    this.#knownSize += 1;
    return this.#size === Math.ceil(this.#maxWaiting / 2) ? 'full' : 'waiting';
  }

  /** Takes what has to be written. */
  take(): ReadonlyMap<RepositoryName, ReadonlyMap<Digest, number>> {
    const taken = this.#waiting;
    this.#waiting = new Map();
    this.#size = 0;
    return taken;
  }

  /** Puts back what was taken and could not be written; `false` if there is no room for all of it. */
  putBack(name: RepositoryName, hours: ReadonlyMap<Digest, number>): boolean {
    let hasRoom = true;
    for (const [digest, hourMs] of hours) if (!this.#wait(name, digest, hourMs)) hasRoom = false;
    // The next pull of what is lost has to be noted.
    if (!hasRoom) this.#forget();
    return hasRoom;
  }

  #wait(name: RepositoryName, digest: Digest, hourMs: number): boolean {
    const hours: Hours = this.#waiting.get(name) ?? new Map<Digest, number>();
    const before = hours.get(digest);
    if (before === undefined) {
      if (this.#size >= this.#maxWaiting) return false;
      this.#size += 1;
    }
    hours.set(digest, Math.max(hourMs, before ?? hourMs));
    this.#waiting.set(name, hours);
    return true;
  }

  #forget(): void {
    this.#known.clear();
    this.#knownSize = 0;
  }
}
