import { inject, injectable } from '../../../di.ts';
import { BlobStore } from '../../../storage/blob-store.ts';
import { CollectionStore } from '../../../storage/collection/collection-store.ts';
import { DigestSet } from '../../../storage/collection/digest-set.ts';
import { CandidateFinder, type Found, type SearchOptions } from './candidate-finder.ts';
import { CandidateRemover, type Removed } from './candidate-remover.ts';
import {
  type Candidates,
  candidateDigests,
  formatCandidates,
  parseCandidates,
  type RepositoryManifest,
} from './candidates.ts';
import { createCollectionId } from './collection-id.ts';
import { stageOf } from './part-of.ts';
import type { ManifestsRead } from './repository-marker.ts';

/** What part of the time of a removal has passed when everything is marked again, and when manifests are gone. */
const MARKED = 0.2;
const MANIFESTS_REMOVED = 0.3;

/** A collection whose candidates are known to all processes. */
export interface Collection {
  readonly id: string;
  readonly candidates: Candidates;
  /** What the search has marked; absent when an earlier run searched. */
  readonly found?: Marked | undefined;
}

/** What a search leaves for the second look. */
export interface Marked {
  readonly live: DigestSet;
  readonly read: ManifestsRead;
}

/** How steps end, and that they are alive. */
export interface Signs {
  readonly signal: AbortSignal;
  /** Called every few driver calls. */
  readonly onStep: () => void;
}

/** A search for candidates and its result. */
export interface Search extends Found {
  readonly read: ManifestsRead;
}

/** The end of a collection. */
export interface Completed extends Removed {
  readonly untagged: readonly RepositoryManifest[];
}

/** The steps of a garbage collection, each safe beside requests, other processes and other collections. */
@injectable()
export class Collector {
  readonly #collections: CollectionStore;
  readonly #finder: CandidateFinder;
  readonly #remover: CandidateRemover;
  readonly #blobs: BlobStore;

  constructor(
    @inject(CollectionStore) collections: CollectionStore,
    @inject(CandidateFinder) finder: CandidateFinder,
    @inject(CandidateRemover) remover: CandidateRemover,
    @inject(BlobStore) blobs: BlobStore,
  ) {
    this.#collections = collections;
    this.#finder = finder;
    this.#remover = remover;
    this.#blobs = blobs;
  }

  /** Whether the storage shows at once what other processes have stored; otherwise nothing can be removed safely. */
  get isPossible(): boolean {
    return this.#collections.isConsistent;
  }

  /**
   * Ends all collections but `kept`, and puts back what they have set aside: their runs have died, or notice it.
   * @returns the number of files that were put back
   */
  async endOthers(kept: string | undefined, { signal, onStep }: Signs): Promise<number> {
    let files = 0;
    for (const id of await this.#collections.ids()) {
      signal.throwIfAborted();
      if (id === kept) continue;
      await this.#collections.unpublish(id);
      files += await this.#collections.putBackAll(id, onStep);
      await this.#collections.remove(id);
    }
    this.#blobs.collections.expire();
    return files;
  }

  /** Finds candidates; changes nothing. */
  async search(options: SearchOptions): Promise<Search> {
    const read = new DigestSet();
    // Only an exact set says for certain that a manifest was read.
    const isRead: ManifestsRead = {
      has: (digest) => read.isExact && read.has(digest),
      add: (digest) => read.add(digest),
    };
    return { ...(await this.#finder.find(options, isRead)), read: isRead };
  }

  /**
   * Makes candidates known to all processes. They may be removed after the grace. Ends collections that have begun since
   * {@link endOthers} looked: two that remove at once, of which one is killed, could put back a manifest without its blobs.
   */
  async begin({ sizes, untagged, remains, isCut, marks, read }: Search, signs: Signs): Promise<Collection> {
    const id = createCollectionId();
    const candidates = { sizes, untagged, remains, isCut };
    await this.#collections.putCandidates(id, formatCandidates(candidates));
    await this.#collections.publish(id, candidateDigests(candidates));
    await this.endOthers(id, signs);
    return { id, candidates, found: { live: marks.live, read } };
  }

  /** The collection that an earlier run has begun; `undefined` when it has ended meanwhile. */
  async resume(id: string, { onStep }: Pick<Signs, 'onStep'>): Promise<Collection | undefined> {
    if (!(await this.#collections.isPublished(id))) return undefined;
    await this.#collections.putBackAll(id, onStep);
    return { id, candidates: await parseCandidates(this.#collections.candidates(id)) };
  }

  /**
   * Looks again at what manifests need, and removes the candidates that nothing needs and no request has kept.
   * @throws CollectionEndedError
   */
  async complete({ id, candidates, found }: Collection, options: SearchOptions): Promise<Completed> {
    const { graceMs, signal, onStep } = options;
    const candidateKeys = new Set(candidates.untagged.map(keyOf));
    const remainsKeys = new Set(candidates.remains.map(keyOf));
    // The rules may be others than when an earlier run searched.
    const keeps = async (manifest: RepositoryManifest, pushedAtMs: number): Promise<boolean> =>
      !candidateKeys.has(keyOf(manifest)) ||
      (await this.#collections.isKept(id, manifest.digest)) ||
      (await options.untagged?.stays(manifest, pushedAtMs)) === true;
    const isIncremental = !options.deletesUntagged && found !== undefined;
    const before = isIncremental ? { ...found, isMarked: found.read.has } : { keeps };
    const marks = await this.#finder.mark({ ...options, onStep: stageOf(onStep, 0, MARKED) }, before);
    const onManifests = stageOf(onStep, MARKED, MANIFESTS_REMOVED);
    const untagged = await this.#remover.removeManifests({ id, graceMs, signal, onStep: onManifests }, marks.untagged);
    const onMarkedAgain = (): void => onStep(MANIFESTS_REMOVED);
    // A request relies on one that was put back, so on everything that it needs.
    if (untagged.length < marks.untagged.length) {
      await this.#finder.mark({ ...options, onStep: onMarkedAgain }, { live: marks.live, keeps });
    }
    // Those that are gone can come back, if the registry keeps deletions.
    if (untagged.length > 0) await this.#finder.markDeleted(marks.live, { signal, onStep: onMarkedAgain });
    await this.#remover.removeRemains(
      { id, graceMs, signal, onStep: onMarkedAgain },
      marks.absent.filter((manifest) => remainsKeys.has(keyOf(manifest))),
    );
    const removed = await this.#remover.removeContent({
      ...{ id, candidates, live: marks.live, graceMs, signal },
      onStep: stageOf(onStep, MANIFESTS_REMOVED, 1),
    });
    await this.#collections.unpublish(id);
    await this.#collections.remove(id);
    this.#blobs.collections.expire();
    return { ...removed, untagged };
  }
}

function keyOf({ name, digest }: RepositoryManifest): string {
  return `${name}@${digest}`;
}
