import type { Digest } from '../../../digest/digest.ts';
import type { RepositoryName } from '../../../model/reference.ts';
import type { UntaggedStore } from '../../../storage/collection/untagged-store.ts';
import type { RepositoryManifest } from './candidates.ts';

/** How untagged manifests are timed. */
export interface UntaggedOptions {
  /** How long they stay in a repository, in milliseconds; `undefined`: for ever. */
  readonly afterMs: (name: RepositoryName) => number | undefined;
  /** Whether nothing is written. */
  readonly dryRun: boolean;
  /** The time, in milliseconds since 1970. Default: that of this machine. */
  readonly now?: (() => number) | undefined;
}

/** What is known of the repository at hand. */
interface Known {
  readonly name: RepositoryName;
  readonly before: Promise<ReadonlyMap<Digest, number>>;
  readonly times: Map<Digest, number>;
}

/**
 * Finds out how long manifests have had no tag, for one search of a collection, which asks for each of them in each
 * repository. The time begins when a search first finds a manifest like that, or at its last push. It lasts while each
 * search finds it so.
 */
export class UntaggedTimes {
  readonly afterMs: UntaggedOptions['afterMs'];
  readonly #store: Pick<UntaggedStore, 'repositories' | 'read' | 'write' | 'prune'>;
  readonly #dryRun: boolean;
  readonly #nowMs: number;
  #known: Known | undefined;
  #recorded: Promise<Set<RepositoryName>> | undefined;

  constructor(store: Pick<UntaggedStore, 'repositories' | 'read' | 'write' | 'prune'>, options: UntaggedOptions) {
    const { afterMs, dryRun, now = Date.now } = options;
    this.#store = store;
    this.afterMs = afterMs;
    this.#dryRun = dryRun;
    this.#nowMs = now();
  }

  /**
   * Whether a manifest that has no tag stays, because it has had none only for a short time.
   * @param pushedAtMs when it was last pushed, in milliseconds since 1970
   */
  async stays({ name, digest }: RepositoryManifest, pushedAtMs: number): Promise<boolean> {
    const afterMs = this.afterMs(name);
    if (afterMs === undefined) return true;
    if (afterMs === 0) return false;
    const { before, times } = this.#of(name);
    const sinceMs = Math.max((await before).get(digest) ?? this.#nowMs, pushedAtMs);
    times.set(digest, sinceMs);
    return this.#nowMs - sinceMs < afterMs;
  }

  /** Records what was found in a repository. One driver call if that is any; call it after each. */
  async end(name: RepositoryName): Promise<void> {
    const recorded = await this.#names();
    const times = this.#known?.name === name ? this.#known.times : new Map<Digest, number>();
    this.#known = undefined;
    const hadAny = recorded.delete(name);
    if (!this.#dryRun && (hadAny || times.size > 0)) await this.#store.write(name, times);
  }

  /** Forgets repositories that do not exist any more. */
  async endAll(): Promise<void> {
    if (this.#dryRun) return;
    for (const name of await this.#names()) await this.#store.write(name, new Map());
    await this.#store.prune();
  }

  #of(name: RepositoryName): Known {
    if (this.#known?.name !== name) this.#known = { name, before: this.#store.read(name), times: new Map() };
    return this.#known;
  }

  #names(): Promise<Set<RepositoryName>> {
    this.#recorded ??= namesOf(this.#store);
    return this.#recorded;
  }
}

async function namesOf(store: Pick<UntaggedStore, 'repositories'>): Promise<Set<RepositoryName>> {
  const names = new Set<RepositoryName>();
  for await (const name of store.repositories()) names.add(name);
  return names;
}
