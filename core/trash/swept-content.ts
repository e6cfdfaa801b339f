import type { Digest } from '../digest/digest.ts';
import type { RepositoryName } from '../model/reference.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import type { PathMapper } from '../storage/paths/path-mapper.ts';
import type { TrashStore } from '../storage/trash-store.ts';

/** What returns swept content. */
export interface SweptContentDependencies {
  readonly store: TrashStore;
  readonly blobs: BlobStore;
  readonly paths: PathMapper;
}

/** Content that came back. */
export interface ReturnedContent {
  readonly digest: Digest;
  /** Whether it was in the trash; otherwise only links were, or nothing. */
  readonly wasSwept: boolean;
  /** The repositories that have it as a blob again. */
  readonly repositories: readonly RepositoryName[];
}

/**
 * Brings back blobs that collections have swept: the bytes first, then the links, which are new, so that the next
 * collection waits its grace. Another process may do the same, or may empty the trash, at the same time.
 */
export class SweptContent {
  readonly #dependencies: SweptContentDependencies;

  constructor(dependencies: SweptContentDependencies) {
    this.#dependencies = dependencies;
  }

  /**
   * Brings back a blob, or the bytes of a manifest, and links them to all repositories that had them. One driver call
   * for each repository of the trash.
   */
  async bringBack(digest: Digest): Promise<ReturnedContent> {
    const { store } = this.#dependencies;
    const repositories = new Set<RepositoryName>();
    let wasSwept = await this.bringBackBytes(digest);
    for (const collection of await store.sweepers()) {
      for await (const name of store.repositoriesSwept(collection)) {
        const linked = await this.#link(name, digest, collection);
        if (linked === undefined) continue;
        repositories.add(name);
        wasSwept ||= linked.wasSwept;
      }
    }
    return { digest, wasSwept, repositories: [...repositories] };
  }

  /** Brings back a blob of a repository; resolves with whether the repository had it. */
  async bringBackTo(name: RepositoryName, digest: Digest): Promise<boolean> {
    for (const collection of await this.#dependencies.store.sweepers())
      if ((await this.#link(name, digest, collection)) !== undefined) return true;
    return false;
  }

  /** Brings back content without any link; resolves with whether it was in the trash. */
  async bringBackBytes(digest: Digest): Promise<boolean> {
    const { store, blobs, paths } = this.#dependencies;
    const path = paths.blobData(digest);
    // From now on no collection removes what comes back, or the look-up by a client brings it back.
    await blobs.collections.keep(digest);
    for (const collection of await store.sweepers()) {
      if ((await blobs.size(digest)) !== undefined) return false;
      if ((await store.swept(collection, path)) === undefined) continue;
      if (await store.putBack(collection, path)) return true;
    }
    return false;
  }

  /**
   * Makes sure that a repository has a blob that a manifest of it names. Content that is stored anyway is linked again.
   * @returns whether it has it now, and whether it was in the trash
   */
  async ensure(
    name: RepositoryName,
    digest: Digest,
  ): Promise<{ readonly isThere: boolean; readonly wasSwept: boolean }> {
    const { blobs } = this.#dependencies;
    if ((await blobs.find(name, digest)) !== undefined) return { isThere: true, wasSwept: false };
    const hadLink = await this.bringBackTo(name, digest);
    const wasSwept = (await this.bringBackBytes(digest)) || hadLink;
    if (!hadLink && (await blobs.size(digest)) !== undefined) await blobs.link(name, digest);
    return { isThere: (await blobs.find(name, digest)) !== undefined, wasSwept };
  }

  /** The content first, so that the link never names anything that is not there: an emptying may have removed it. */
  async #link(
    name: RepositoryName,
    digest: Digest,
    collection: string,
  ): Promise<{ readonly wasSwept: boolean } | undefined> {
    const { store, blobs, paths } = this.#dependencies;
    const path = paths.layerLink(name, digest);
    const target = await store.sweptLink(collection, path);
    if (target === undefined) return undefined;
    const wasSwept = await this.bringBackBytes(target);
    if (!wasSwept && (await blobs.size(target)) === undefined) return undefined;
    await blobs.link(name, digest, target);
    await store.removeSwept(collection, path);
    return { wasSwept };
  }
}
