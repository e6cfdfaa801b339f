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
import { CollectionEndedError } from './sweeper.ts';

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
  async endOthers(kept: string | undefined, signs: Signs): Promise<number> {
    const ids = await this.#collections.ids();
    const files = await this.#end(
      ids.filter((id) => id !== kept),
      { ...signs, known: new Set(ids) },
    );
    this.#blobs.collections.expire();
    return files;
  }

  /** Nothing comes back before all have ended: one that has not seen it then removes nothing more. */
  async #end(
    ids: readonly string[],
    { signal, onStep, known }: Signs & { readonly known: ReadonlySet<string> },
  ): Promise<number> {
    for (const id of ids) {
      signal.throwIfAborted();
      await this.#collections.unpublish(id);
    }
    let files = 0;
    for (const id of ids) {
      signal.throwIfAborted();
      files += await this.#collections.putBackAll(id, onStep, () => this.#collections.markReturned(id));
    }
    // One that has begun meanwhile must see the traces.
    const isAlone = (await this.#collections.ids()).every((id) => known.has(id));
    if (isAlone) for (const id of ids) await this.#collections.remove(id);
    return files;
  }

  /**
   * Ends the others, unless there is none.
   * @returns whether there was one, or a trace of it, so that a search before may have missed something
   * @throws CollectionEndedError when another one continues: of those that are under way, the one with the greatest id
   */
  async #endRivals(id: string, signs: Signs): Promise<boolean> {
    const ids = await this.#collections.ids();
    const others = ids.filter((each) => each !== id);
    if (others.length === 0) return false;
    let continues = await this.#collections.isPublished(id);
    for (const other of others) continues &&= other < id || !(await this.#collections.isPublished(other));
    if (!continues) {
      await this.#collections.unpublish(id);
      await this.#collections.remove(id);
      throw new CollectionEndedError();
    }
    await this.#end(others, { ...signs, known: new Set(ids) });
    return true;
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
   * {@link endOthers} looked.
   * @throws CollectionEndedError when one of those continues instead
   */
  async begin({ sizes, untagged, remains, isCut, marks, read }: Search, signs: Signs): Promise<Collection> {
    const id = createCollectionId();
    const candidates = { sizes, untagged, remains, isCut };
    await this.#collections.putCandidates(id, formatCandidates(candidates));
    await this.#collections.publish(id, candidateDigests(candidates));
    await this.#endRivals(id, signs);
    this.#blobs.collections.expire();
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
    const before = isIncremental ? { read: found.read, isMarked: found.read.has } : { keeps };
    const live = isIncremental ? found.live : new DigestSet();
    const onMarkedAgain = (): void => onStep(MANIFESTS_REMOVED);
    const untagged: RepositoryManifest[] = [];
    for (let isFirst = true, hadRivals = true; hadRivals; isFirst = false) {
      const [onMark, onManifests] = isFirst
        ? [stageOf(onStep, 0, MARKED), stageOf(onStep, MARKED, MANIFESTS_REMOVED)]
        : [onMarkedAgain, onMarkedAgain];
      const marks = await this.#finder.mark({ ...options, onStep: onMark }, { ...before, live });
      const gone = await this.#remover.removeManifests({ id, graceMs, signal, onStep: onManifests }, marks.untagged);
      // A request relies on one that was put back, so on everything that it needs.
      if (gone.length < marks.untagged.length)
        await this.#finder.mark({ ...options, onStep: onMarkedAgain }, { live, keeps });
      // Those that are gone can come back, if the registry keeps deletions.
      if (gone.length > 0) await this.#finder.markDeleted(live, { signal, onStep: onMarkedAgain });
      untagged.push(...gone);
      await this.#remover.removeRemains(
        { id, graceMs, signal, onStep: onMarkedAgain },
        marks.absent.filter((manifest) => remainsKeys.has(keyOf(manifest))),
      );
      // What a collection had set aside that was ended was not there, and may be back.
      hadRivals = await this.#endRivals(id, { signal, onStep: onMarkedAgain });
    }
    const removed = await this.#remover.removeContent({
      ...{ id, candidates, live, graceMs, signal },
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
