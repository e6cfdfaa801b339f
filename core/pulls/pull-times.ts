import { mapConcurrently } from '../async/concurrency.ts';
import { inject, injectable } from '../di.ts';
import type { Digest } from '../digest/digest.ts';
import { readStoredManifest } from '../manifests/stored-manifest.ts';
import type { RepositoryName } from '../model/reference.ts';
import { ManifestReader } from '../registry/local/manifest-reader.ts';
import { PullStore } from '../storage/pull-store.ts';
import { isUnderWay } from './recording-pause.ts';

const HOUR_MS = 3_600_000;
const CONCURRENCY = 16;

/** When the manifests of a repository were pulled. */
export interface RepositoryPulls {
  /** Every pull after this time is known, in milliseconds since 1970. */
  readonly recordedSinceMs: number;
  /**
   * When a manifest, or one that it lists, however deep, was last pulled: the end of that hour, in milliseconds since
   * 1970; `undefined` if no pull is known. At most one driver call for each.
   * @param enoughMs a pull after this time ends the search
   */
  readonly last: (digest: Digest, enoughMs: number) => Promise<number | undefined>;
}

/** Reads when manifests were pulled, as far as it was recorded. */
@injectable()
export class PullTimes {
  readonly #store: PullStore;
  readonly #manifests: ManifestReader;

  constructor(@inject(PullStore) store: PullStore, @inject(ManifestReader) manifests: ManifestReader) {
    this.#store = store;
    this.#manifests = manifests;
  }

  /** @returns `undefined` where pulls are not recorded, or their records cannot be read, so that nothing is known */
  async read(name: RepositoryName, nowMs: number): Promise<RepositoryPulls | undefined> {
    const recording = await this.#store.recording();
    if (!isUnderWay(recording, nowMs)) return undefined;
    const { hours, isDamaged } = await this.#store.read(name);
    if (isDamaged) return undefined;
    return {
      recordedSinceMs: recording.sinceMs,
      last: (digest, enoughMs) => this.#last(digest, hours, enoughMs),
    };
  }

  async #last(root: Digest, hours: ReadonlyMap<Digest, number>, enoughMs: number): Promise<number | undefined> {
    let lastMs: number | undefined;
    const seen = new Set<Digest>();
    for (let wave: readonly Digest[] = [root]; wave.length > 0; ) {
      const next: Digest[] = [];
      for (const digest of wave) {
        if (seen.has(digest)) continue;
        seen.add(digest);
        const hourMs = hours.get(digest);
        if (hourMs !== undefined) lastMs = Math.max(hourMs + HOUR_MS, lastMs ?? 0);
        if (lastMs !== undefined && lastMs >= enoughMs) return lastMs;
        next.push(digest);
      }
      wave = (await mapConcurrently(next, CONCURRENCY, (digest) => this.#children(digest))).flat();
    }
    return lastMs;
  }

  /** Nobody can pull a manifest whose bytes are missing or damaged; one that it lists may belong to another tag. */
  async #children(digest: Digest): Promise<readonly Digest[]> {
    const bytes = await this.#manifests.read(digest);
    if (bytes === undefined || bytes === 'damaged') return [];
    return readStoredManifest(bytes).children.map((child) => child.digest);
  }
}
