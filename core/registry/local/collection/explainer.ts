import { mapConcurrently } from '../../../async/concurrency.ts';
import { inject, injectable } from '../../../di.ts';
import type { Digest } from '../../../digest/digest.ts';
import { readStoredManifest } from '../../../manifests/stored-manifest.ts';
import type { RepositoryName, Tag } from '../../../model/reference.ts';
import { CollectionStore } from '../../../storage/collection/collection-store.ts';
import { Inventory } from '../../../storage/collection/inventory.ts';
import { RepositoryStore } from '../../../storage/repository-store.ts';
import { ManifestReader } from '../manifest-reader.ts';

const CONCURRENCY = 16;
/** One is enough to keep content. */
const MAX_CHAINS = 20;

/** What keeps content: it is needed by the last manifest, which belongs to the one before it or refers to it. */
export interface Chain {
  readonly name: RepositoryName;
  /** The tags that lead to the first manifest. */
  readonly tags: readonly Tag[];
  readonly manifests: readonly Digest[];
}

/** Why content stays, or does not. */
export interface Explanation {
  /** Absent: it is not stored at its place. */
  readonly content?: { readonly size: number; readonly modifiedAt: Date } | undefined;
  /** The first twenty that were found. */
  readonly chains: readonly Chain[];
  /** The repositories that have it as a blob, and since when; the first twenty. */
  readonly links: ReadonlyArray<{ readonly name: RepositoryName; readonly modifiedAt: Date }>;
  /** The collections under way in which it is a candidate. */
  readonly collections: ReadonlyArray<{ readonly id: string; readonly isKept: boolean }>;
}

/** The manifests of a repository as far as they lead to other content. */
interface Manifests {
  readonly tags: ReadonlyMap<Digest, readonly Tag[]>;
  /** The manifests that need a digest: indexes a manifest, any manifest a blob. */
  readonly naming: ReadonlyMap<Digest, readonly Digest[]>;
  readonly present: ReadonlySet<Digest>;
}

/** Says why content stays. Changes nothing. */
@injectable()
export class Explainer {
  readonly #inventory: Inventory;
  readonly #repositories: RepositoryStore;
  readonly #manifests: ManifestReader;
  readonly #collections: CollectionStore;

  constructor(
    @inject(Inventory) inventory: Inventory,
    @inject(RepositoryStore) repositories: RepositoryStore,
    @inject(ManifestReader) manifests: ManifestReader,
    @inject(CollectionStore) collections: CollectionStore,
  ) {
    this.#inventory = inventory;
    this.#repositories = repositories;
    this.#manifests = manifests;
    this.#collections = collections;
  }

  /** Reads every manifest, until twenty chains are found. */
  async explain(digest: Digest, signal: AbortSignal): Promise<Explanation> {
    const chains: Chain[] = [];
    const links: { name: RepositoryName; modifiedAt: Date }[] = [];
    for await (const name of this.#repositories.walkAll()) {
      signal.throwIfAborted();
      const link = await this.#inventory.layerLink(name, digest);
      if (link !== undefined && links.length < MAX_CHAINS) links.push({ name, modifiedAt: link.modifiedAt });
      if (chains.length < MAX_CHAINS) chains.push(...chainsIn(name, digest, await this.#read(name, digest, signal)));
    }
    const content = await this.#inventory.content(digest);
    const collections = [];
    for (const id of await this.#collections.ids()) {
      const filter = await this.#collections.filter(id);
      if (filter?.has(digest) === true) collections.push({ id, isKept: await this.#collections.isKept(id, digest) });
    }
    return { content, chains: chains.slice(0, MAX_CHAINS), links, collections };
  }

  async #read(name: RepositoryName, wanted: Digest, signal: AbortSignal): Promise<Manifests> {
    const tags = new Map<Digest, Tag[]>();
    for await (const group of this.#inventory.tags(name)) {
      const targets = await mapConcurrently(group, CONCURRENCY, async ({ tag, read }) => ({
        tag,
        target: await read(),
      }));
      for (const { tag, target } of targets)
        if (target !== undefined) tags.set(target, [...(tags.get(target) ?? []), tag]);
    }
    const naming = new Map<Digest, Digest[]>();
    const present = new Set<Digest>();
    for await (const group of this.#inventory.revisions(name)) {
      signal.throwIfAborted();
      await mapConcurrently(group, CONCURRENCY, async (digest) => {
        if (!(await this.#inventory.hasRevision(name, digest))) return;
        present.add(digest);
        const bytes = await this.#manifests.read(digest);
        if (bytes === undefined || bytes === 'damaged') return;
        const { children, blobs, sums } = readStoredManifest(bytes);
        // Of blobs only the wanted one matters.
        const named = [...children.map((child) => child.digest), ...blobs.map((blob) => blob.digest), ...sums];
        for (const each of new Set(named))
          if (each === wanted || children.some((child) => child.digest === each))
            naming.set(each, [...(naming.get(each) ?? []), digest]);
      });
    }
    return { tags, naming, present };
  }
}

/** The chains from tags, or from manifests that no other one names, to a digest. */
function chainsIn(name: RepositoryName, wanted: Digest, { tags, naming, present }: Manifests): Chain[] {
  const chains: Chain[] = [];
  const seen = new Set<Digest>();
  let ways: (readonly Digest[])[] = present.has(wanted)
    ? [[wanted]]
    : (naming.get(wanted) ?? []).map((first) => [first]);
  while (ways.length > 0 && chains.length < MAX_CHAINS) {
    const next: (readonly Digest[])[] = [];
    for (const way of ways) {
      const [top] = way;
      if (top === undefined || seen.has(top)) continue;
      seen.add(top);
      const above = naming.get(top) ?? [];
      const own = tags.get(top) ?? [];
      if (own.length > 0 || above.length === 0) chains.push({ name, tags: own, manifests: way });
      next.push(...above.map((each) => [each, ...way]));
    }
    ways = next;
  }
  return chains;
}
