import { mapConcurrently } from '../../../async/concurrency.ts';
import { inject, injectable, injectOptional, TAG_HISTORY, TRASH } from '../../../di.ts';
import { algorithmOf, CANONICAL_ALGORITHM, type Digest } from '../../../digest/digest.ts';
import { readStoredManifest, type StoredContent } from '../../../manifests/stored-manifest.ts';
import type { RepositoryName } from '../../../model/reference.ts';
import type { DigestSet } from '../../../storage/collection/digest-set.ts';
import { Inventory } from '../../../storage/collection/inventory.ts';
import type { MoveRecorder } from '../../../tag-history/tag-move.ts';
import type { KeptDeletions } from '../../../trash/kept-deletions.ts';
import { ManifestReader } from '../manifest-reader.ts';
import { inOrder, isSchema1, type Relatives, relativesOf, type UntaggedRevision } from './untagged-revision.ts';

/** A manifest may be large. */
const CONCURRENCY = 16;
/** Further manifests without a tag stay until the next collection. */
const MAX_UNTAGGED = 100_000;

/** How the content of a repository is marked. */
export interface MarkOptions {
  /** Gets the digest of everything that the manifests of the repository need. */
  readonly live: DigestSet;
  /** Manifests whose content `live` has already, with `keepsUntagged` unused. */
  readonly read?: ManifestsRead | undefined;
  /** Whether a manifest need not be looked at, because `live` has its content, even if the repository lacks it by now. */
  readonly isMarked?: ((digest: Digest) => boolean) | undefined;
  /**
   * Whether a manifest stays that no tag leads to; then it keeps its content like a tagged one. Absent: all stay.
   */
  readonly keepsUntagged?: ((digest: Digest) => Promise<boolean>) | undefined;
  readonly signal: AbortSignal;
  /** Called every few manifests. */
  readonly onStep: () => void;
}

/** The manifests that were read before. */
export interface ManifestsRead {
  readonly has: (digest: Digest) => boolean;
  readonly add: (digest: Digest) => void;
}

/** The manifests of a repository. */
export interface MarkedRepository {
  /** The number that stays, of those that were looked at. */
  readonly manifests: number;
  readonly untagged: readonly UntaggedRevision[];
  /** Manifests that have a folder and no link, or a torn one. */
  readonly absent: readonly Digest[];
  /** Whether a manifest could not be read or has an unknown form, so that everything of the repository stays. */
  readonly isUnclear: boolean;
}

/** One marking of a repository. */
interface Marking extends MarkOptions {
  readonly name: RepositoryName;
  /** The manifests that stay; only of a repository whose untagged manifests may go. */
  readonly reached: Set<Digest>;
  readonly absent: Digest[];
  manifests: number;
  isUnclear: boolean;
}

/** Finds out what the manifests of a repository need. Changes nothing; the repository may change meanwhile. */
@injectable()
export class RepositoryMarker {
  readonly #inventory: Inventory;
  readonly #manifests: ManifestReader;
  readonly #trash: KeptDeletions | undefined;
  readonly #history: MoveRecorder | undefined;

  constructor(
    @inject(Inventory) inventory: Inventory,
    @inject(ManifestReader) manifests: ManifestReader,
    @injectOptional(TRASH) trash: KeptDeletions | undefined,
    @injectOptional(TAG_HISTORY) history: MoveRecorder | undefined,
  ) {
    this.#inventory = inventory;
    this.#manifests = manifests;
    this.#trash = trash;
    this.#history = history;
  }

  /**
   * Marks everything that the manifests of the repository need. Sees every manifest that was stored before the call. A
   * few driver calls, and two for each manifest; with `keepsUntagged`, one for each tag in addition.
   * @throws the reason of the signal, a few manifests after it aborts; DriverError when a part cannot be read
   */
  async mark(name: RepositoryName, options: MarkOptions): Promise<MarkedRepository> {
    const marking = markingOf(name, options);
    if (await this.#inventory.hasUnknownDigests(name)) marking.isUnclear = true;
    const untagged = await (options.keepsUntagged === undefined
      ? this.#markAll(marking)
      : this.#markTagged(marking, options.keepsUntagged));
    const { manifests, absent } = marking;
    if (!marking.isUnclear) return { manifests, untagged, absent, isUnclear: false };
    // What cannot be read may be an index with any of these, or refer to one.
    await this.#reach(
      marking,
      untagged.map(({ digest }) => digest),
    );
    await this.#markLayers(marking);
    return { manifests: marking.manifests, untagged: [], absent: [], isUnclear: true };
  }

  /**
   * Marks what deleted manifests need that can come back, in every repository. A deletion is recorded before anything is
   * removed and stays when it is undone, so a call that comes after {@link mark} sees every manifest that it has missed.
   */
  async markDeleted(options: Pick<MarkOptions, 'live' | 'signal' | 'onStep'>): Promise<void> {
    for await (const name of this.#trash?.repositories() ?? []) {
      const marking = markingOf(name, options);
      await this.#visitDeleted(marking);
      if (marking.isUnclear) await this.#markLayers(marking);
    }
  }

  /** Visits the deleted manifests of a repository; resolves with the manifests that they list or refer to. */
  async #visitDeleted(marking: Marking): Promise<readonly Digest[]> {
    const { name, live } = marking;
    const trash = this.#trash;
    if (trash === undefined) return [];
    const found = await mapConcurrently([...(await trash.manifestsOf(name))], CONCURRENCY, async (digest) => {
      step(marking);
      const content = await this.#visit(marking, digest);
      if (content === undefined) return [digest];
      if (isSchema1(content)) for (const each of await trash.signaturesOf(name, digest)) live.add(each);
      marking.reached.add(digest);
      return [digest, ...content.children.map((child) => child.digest)];
    });
    return found.flat();
  }

  async #markAll(marking: Marking): Promise<readonly UntaggedRevision[]> {
    const { name, read, isMarked } = marking;
    for await (const group of this.#inventory.revisions(name)) {
      step(marking);
      const others = isMarked === undefined ? group : group.filter((digest) => !isMarked(digest));
      await mapConcurrently(others, CONCURRENCY, async (digest) => {
        if (!(await this.#hasRevision(marking, digest))) return;
        marking.manifests += 1;
        if (read?.has(digest) === true) return;
        const content = await this.#visit(marking, digest);
        if (content !== undefined && isTheSameEverywhere(content)) read?.add(digest);
      });
    }
    return [];
  }

  async #markTagged(
    marking: Marking,
    keepsUntagged: NonNullable<MarkOptions['keepsUntagged']>,
  ): Promise<readonly UntaggedRevision[]> {
    const { name, reached } = marking;
    for await (const tags of this.#inventory.tags(name)) {
      step(marking);
      const targets = await mapConcurrently(tags, CONCURRENCY, ({ read }) => read());
      await this.#reach(
        marking,
        targets.filter((target) => target !== undefined),
      );
    }
    // After the tags: a tag that was moved meanwhile has a record.
    await this.#reach(marking, [...((await this.#history?.digestsOf(name)) ?? [])]);
    const others = new Map<Digest, Relatives>();
    for await (const group of this.#inventory.revisions(name)) {
      step(marking);
      const kept = await mapConcurrently(group, CONCURRENCY, async (digest) => {
        if (reached.has(digest) || !(await this.#hasRevision(marking, digest))) return [];
        const content = await this.#content(marking, digest);
        const isSubjectReached = content?.subject !== undefined && reached.has(content.subject.digest);
        if (content === undefined || isSubjectReached) return [digest];
        if ((await keepsUntagged(digest)) || others.size >= MAX_UNTAGGED) return [digest];
        others.set(digest, relativesOf(content));
        return [];
      });
      await this.#reach(marking, kept.flat());
    }
    // Deletions come last: until now the tag or manifest was there, or its deletion is recorded.
    await this.#reach(marking, await this.#visitDeleted(marking));
    for (let isComplete = false; !isComplete; ) {
      for (const digest of reached) others.delete(digest);
      const found = [...others].flatMap(([digest, { subject }]) => (subject && reached.has(subject) ? [digest] : []));
      isComplete = found.length === 0;
      await this.#reach(marking, found);
    }
    return inOrder(others);
  }

  /** Whether the repository has the manifest whose folder it has. */
  async #hasRevision({ name, absent }: Marking, digest: Digest): Promise<boolean> {
    const has = await this.#inventory.hasRevision(name, digest);
    if (!has && absent.length < MAX_UNTAGGED) absent.push(digest);
    return has;
  }

  /** Marks manifests of the repository, and the children of indexes among them, however deep. */
  async #reach(marking: Marking, digests: readonly Digest[]): Promise<void> {
    const { name, reached } = marking;
    for (let wave = digests; wave.length > 0; ) {
      step(marking);
      const own = [...new Set(wave)].filter((digest) => !reached.has(digest));
      const found = await mapConcurrently(own, CONCURRENCY, async (digest) => {
        if (!(await this.#inventory.hasRevision(name, digest))) return [];
        reached.add(digest);
        marking.manifests += 1;
        return (await this.#visit(marking, digest))?.children.map((child) => child.digest) ?? [];
      });
      wave = found.flat();
    }
  }

  /** Marks a manifest of the repository and what it names. A manifest without bytes counts as absent. */
  async #visit(marking: Marking, digest: Digest): Promise<StoredContent | undefined> {
    const { live, name } = marking;
    live.add(digest);
    const content = await this.#content(marking, digest);
    if (content === undefined) return undefined;
    const { children, blobs, sums } = content;
    if (!content.isKnown) marking.isUnclear = true;
    for (const named of [...children, ...blobs]) await this.#markNamed(marking, named.digest);
    for (const sum of sums) await this.#markNamed(marking, sum);
    if (isSchema1(content)) for (const signature of await this.#inventory.signatures(name, digest)) live.add(signature);
    return content;
  }

  /** Marks content that a manifest names; another digest may be that under which it is stored. */
  async #markNamed({ live, name }: Marking, digest: Digest): Promise<void> {
    live.add(digest);
    if (algorithmOf(digest) === CANONICAL_ALGORITHM) return;
    const target = await this.#inventory.layerTarget(name, digest);
    if (target !== undefined) live.add(target);
  }

  /** What a manifest of the repository says; `undefined` when its bytes are missing or damaged. */
  async #content(marking: Marking, digest: Digest): Promise<StoredContent | undefined> {
    let bytes = await this.#manifests.read(digest);
    let isDamaged = bytes === 'damaged';
    if (bytes === undefined) {
      isDamaged = await this.#inventory.isQuarantined(digest);
      // A scrub may have put it back since.
      if (!isDamaged) bytes = await this.#manifests.read(digest);
    }
    if (isDamaged || bytes === 'damaged') marking.isUnclear = true;
    return bytes === undefined || bytes === 'damaged' ? undefined : readStoredManifest(bytes);
  }

  async #markLayers({ name, live }: Marking): Promise<void> {
    for await (const group of this.#inventory.layers(name)) {
      await mapConcurrently(group, CONCURRENCY, async (digest) => {
        live.add(digest);
        const target = await this.#inventory.layerTarget(name, digest);
        if (target !== undefined) live.add(target);
      });
    }
  }
}

function markingOf(name: RepositoryName, options: MarkOptions): Marking {
  return { ...options, name, reached: new Set(), absent: [], manifests: 0, isUnclear: false };
}

/** Whether a manifest needs the same content in every repository: nothing of it is found by a link of the repository. */
function isTheSameEverywhere({ isKnown, children, blobs, sums }: StoredContent): boolean {
  const named = [...children, ...blobs];
  return isKnown && sums.length === 0 && named.every(({ digest }) => algorithmOf(digest) === CANONICAL_ALGORITHM);
}

function step({ signal, onStep }: Marking): void {
  onStep();
  signal.throwIfAborted();
}
