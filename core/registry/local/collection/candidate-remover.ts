import { mapConcurrently } from '../../../async/concurrency.ts';
import { inject, injectable } from '../../../di.ts';
import { algorithmOf, CANONICAL_ALGORITHM, type Digest } from '../../../digest/digest.ts';
import type { RepositoryName } from '../../../model/reference.ts';
import type { DigestSet } from '../../../storage/collection/digest-set.ts';
import { Inventory } from '../../../storage/collection/inventory.ts';
import { PathMapper } from '../../../storage/paths/path-mapper.ts';
import { RepositoryStore } from '../../../storage/repository-store.ts';
import { inBatches } from '../iterables.ts';
import { isYoung, type UntaggedMark } from './candidate-finder.ts';
import type { Candidates, RepositoryManifest } from './candidates.ts';
import { type OnPart, stageOf } from './part-of.ts';
import { Remains } from './remains.ts';
import { Sweeper } from './sweeper.ts';

const CONCURRENCY = 32;
const BATCH = 128;
/** What part of the time of a removal has passed when all links are gone. */
const LINKS_REMOVED = 0.5;
/** A link or content that comes back after a crash of the machine is garbage for the next collection. */
const NOT_DURABLE = { durable: false } as const;

/** A collection whose grace has passed. */
export interface Removal {
  readonly id: string;
  readonly candidates: Candidates;
  /** What manifests need now. */
  readonly live: DigestSet;
  readonly graceMs: number;
  readonly signal: AbortSignal;
  readonly onStep: OnPart;
}

type LinkRemoval = Omit<Removal, 'onStep'> & { readonly onStep: () => void };

/** What was removed. */
export interface Removed {
  blobs: number;
  bytes: number;
  links: number;
  repositories: number;
  /** The number of candidates that stay, because requests relied on them meanwhile. */
  kept: number;
  /** The bytes of the content that each repository does not have any more; some may be counted for several. */
  readonly bytesOf: Map<RepositoryName, number>;
}

/** Removes the candidates of a collection: manifests, then links to layers, then content. */
@injectable()
export class CandidateRemover {
  readonly #inventory: Inventory;
  readonly #repositories: RepositoryStore;
  readonly #sweeper: Sweeper;
  readonly #remains: Remains;
  readonly #paths = new PathMapper();

  constructor(
    @inject(Inventory) inventory: Inventory,
    @inject(RepositoryStore) repositories: RepositoryStore,
    @inject(Sweeper) sweeper: Sweeper,
    @inject(Remains) remains: Remains,
  ) {
    this.#inventory = inventory;
    this.#repositories = repositories;
    this.#sweeper = sweeper;
    this.#remains = remains;
  }

  /**
   * Removes manifests that no tag leads to, each after those that list it and after its subject, so that what stays keeps
   * its children and its referrers. What they need must not be removed before it is known which of them stay.
   * @returns those that are gone
   */
  async removeManifests(
    { id, graceMs, signal, onStep }: Pick<Removal, 'id' | 'graceMs' | 'signal' | 'onStep'>,
    manifests: readonly UntaggedMark[],
  ): Promise<RepositoryManifest[]> {
    const gone: RepositoryManifest[] = [];
    // One that comes back after a crash of the machine would miss its layers.
    const options = { durable: true, signal, onStep: () => onStep(gone.length / manifests.length) };
    for (const [name, group] of Map.groupBy(manifests, (manifest) => manifest.name)) {
      const files = group.map(({ digest, after }) => {
        return { digest, path: this.#paths.revisionLink(name, digest), digests: [digest], after, manifestOf: name };
      });
      const swept = await this.#sweeper.sweep(id, files, options);
      await mapConcurrently(swept, CONCURRENCY, ({ digest }) => this.#remains.ofManifest(name, digest));
      const isSwept = new Set(swept.map(({ digest }) => digest));
      const signed = group.filter(({ digest, isSigned }) => isSigned && isSwept.has(digest));
      await this.removeRemains({ id, graceMs, signal, onStep: options.onStep }, signed);
      gone.push(...swept.map(({ digest }) => ({ name, digest })));
    }
    return gone;
  }

  /**
   * Removes what is left of manifests that their repositories do not have, such as signatures. Whoever stores such a manifest
   * marks it before he adds anything to it.
   */
  async removeRemains(
    { id, graceMs, signal, onStep }: Pick<LinkRemoval, 'id' | 'graceMs' | 'signal' | 'onStep'>,
    manifests: readonly RepositoryManifest[],
  ): Promise<void> {
    for (let first = 0; first < manifests.length; first += BATCH) {
      signal.throwIfAborted();
      const batch = manifests.slice(first, first + BATCH);
      const found = await mapConcurrently(batch, CONCURRENCY, async ({ name, digest }) => {
        const files = await this.#inventory.remains(name, digest);
        if (files.some((file) => isYoung(file, graceMs))) return [];
        return files.map(({ path }) => ({ path, digests: [digest], isRemains: true }));
      });
      await this.#sweeper.sweep(id, found.flat(), { ...NOT_DURABLE, signal, onStep });
      await mapConcurrently(batch, CONCURRENCY, ({ name, digest }) => this.#remains.ofAbsent(name, digest));
    }
  }

  /** Removes links and content, and repositories that have nothing left. */
  async removeContent(removal: Removal): Promise<Removed> {
    const removed: Removed = { blobs: 0, bytes: 0, links: 0, repositories: 0, kept: 0, bytesOf: new Map() };
    let part = 0;
    const onPart = (now: number): void => {
      part = now;
    };
    const onLinks = stageOf(removal.onStep, 0, LINKS_REMOVED);
    for await (const name of this.#repositories.walkAll(undefined, onPart)) {
      await this.#removeLinks({ ...removal, onStep: () => onLinks(part) }, name, removed);
      if (await this.#remains.ofRepository(name)) removed.repositories += 1;
    }
    await this.#removeBlobs({ ...removal, onStep: stageOf(removal.onStep, LINKS_REMOVED, 1) }, removed);
    return removed;
  }

  async #removeLinks(removal: LinkRemoval, name: RepositoryName, removed: Removed): Promise<void> {
    const { id, signal, onStep, candidates } = removal;
    for await (const group of inBatches(this.#links(removal, name), BATCH)) {
      signal.throwIfAborted();
      const swept = await this.#sweeper.sweep(id, group, { ...NOT_DURABLE, signal });
      await mapConcurrently(swept, CONCURRENCY, ({ digest }) => this.#remains.ofLayer(name, digest));
      const bytes = swept.reduce((sum, { digest }) => sum + (candidates.sizes.get(digest) ?? 0), 0);
      if (swept.length > 0) removed.bytesOf.set(name, (removed.bytesOf.get(name) ?? 0) + bytes);
      removed.links += swept.length;
      onStep();
    }
  }

  /** The links of a repository that may be removed. */
  async *#links({ candidates, live, graceMs, signal, onStep }: LinkRemoval, name: RepositoryName) {
    for await (const group of this.#inventory.layers(name)) {
      onStep();
      signal.throwIfAborted();
      const others = group.filter((digest) => candidates.sizes.has(digest) && !live.has(digest));
      const found = await mapConcurrently(others, CONCURRENCY, async (digest) => {
        const isOwn = algorithmOf(digest) === CANONICAL_ALGORITHM;
        const target = isOwn ? digest : await this.#inventory.layerTarget(name, digest);
        if (target === undefined || live.has(target)) return undefined;
        const link = await this.#inventory.layerLink(name, digest);
        if (link === undefined) return undefined;
        if (!isYoung(link, graceMs)) return { digest, path: link.path, digests: isOwn ? [digest] : [digest, target] };
        // A request that does not know the collection has linked the content.
        for (const each of [digest, target]) live.add(each);
        return undefined;
      });
      // Another link of the group may have turned out to be young.
      for (const link of found) if (link?.digests.every((digest) => !live.has(digest)) === true) yield link;
    }
  }

  async #removeBlobs({ id, candidates, live, graceMs, signal, onStep }: Removal, removed: Removed): Promise<void> {
    let batch: Digest[] = [];
    let looked = 0;
    const flush = async (): Promise<void> => {
      signal.throwIfAborted();
      const found = await mapConcurrently(batch, CONCURRENCY, async (digest) => ({
        digest,
        file: await this.#inventory.content(digest),
      }));
      batch = [];
      const files = found.flatMap(({ digest, file }) =>
        file === undefined || isYoung(file, graceMs)
          ? []
          : [{ digest, path: file.path, size: file.size, digests: [digest] }],
      );
      const swept = await this.#sweeper.sweep(id, files, { ...NOT_DURABLE, signal });
      await mapConcurrently(swept, CONCURRENCY, ({ digest }) => this.#remains.ofBlob(digest));
      removed.kept += files.length - swept.length;
      removed.blobs += swept.length;
      removed.bytes += swept.reduce((sum, { size }) => sum + size, 0);
      if (candidates.sizes.size > 0) onStep(looked / candidates.sizes.size);
    };
    for (const [digest, size] of candidates.sizes) {
      looked += 1;
      if (size === undefined || live.has(digest)) continue;
      batch.push(digest);
      if (batch.length >= BATCH) await flush();
    }
    await flush();
  }
}
