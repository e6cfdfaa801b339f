import { mapConcurrently } from '../async/concurrency.ts';
import type { Digest } from '../digest/digest.ts';
import { RegistryError } from '../model/errors.ts';
import { DOCKER_MANIFEST_LIST, OCI_IMAGE_INDEX } from '../model/media-types.ts';
import type { RepositoryName, Tag } from '../model/reference.ts';
import { inBatches } from '../registry/local/iterables.ts';
import { DigestSet } from '../storage/collection/digest-set.ts';
import type { TagStore } from '../storage/tag-store.ts';
import type { DeletedManifest, DeletedTag } from './deleted.ts';
import type { ManifestReturn, ReadManifest } from './manifest-return.ts';
import type { InTrash, Trash } from './trash.ts';
import { tagTaken, type UndeleteOptions } from './undeleter.ts';

const CONCURRENCY = 8;
const PAGE = 500;
const INDEXES: readonly string[] = [OCI_IMAGE_INDEX, DOCKER_MANIFEST_LIST];

/** What returns whole repositories. */
export interface RepositoryReturnDependencies {
  readonly trash: Trash;
  readonly manifests: ManifestReturn;
  readonly tags: TagStore;
}

/** How a whole repository comes back. */
export interface RepositoryReturnOptions extends UndeleteOptions {
  readonly signal: AbortSignal;
}

/** What came back. */
export interface ReturnedRepository {
  readonly manifests: number;
  readonly tags: number;
  /** Manifests that stay in the trash with their tags, because their bytes or blobs are gone; the first hundred. */
  readonly lost: readonly Digest[];
}

type Of<Deleted> = InTrash & { readonly deleted: Deleted };

interface Restoration extends RepositoryReturnOptions {
  readonly name: RepositoryName;
  /** The id of the delete that is undone. */
  readonly change: string;
  readonly lost: Set<Digest>;
  /** The manifests that were in the trash when their list was read; large ones may hold a few more. */
  readonly inTrash: DigestSet;
}

const MAX_LOST = 100;
/** Among how many of the newest deletions the last delete is looked for, before all are read. */
const NEWEST = 1_000;

/**
 * Undoes the delete of a whole repository: first manifests, the children of an index before it, then tags. What came back
 * is marked, so a repeated call completes one that was interrupted. A tag that somebody has set meanwhile stays. Memory: a
 * page of deletions, the names of those of indexes, 16 bytes for each manifest, and the digests of what is lost.
 */
export class RepositoryReturn {
  readonly #dependencies: RepositoryReturnDependencies;

  constructor(dependencies: RepositoryReturnDependencies) {
    this.#dependencies = dependencies;
  }

  /**
   * Brings back what the last delete of the repository has removed, and what is still in the trash of it.
   * @throws RegistryError `NAME_UNKNOWN` when no delete of it is in the trash, `TAG_IMMUTABLE` when a tag points to another
   * manifest by now: nothing comes back then, unless it was set meanwhile
   */
  async bringBack(name: RepositoryName, options: RepositoryReturnOptions): Promise<ReturnedRepository> {
    const change = await this.#lastDelete(name, options.signal);
    if (change === undefined) {
      const reason = `${name} was not deleted as a whole, or is not in the trash any more`;
      throw new RegistryError('NAME_UNKNOWN', { name, reason });
    }
    const restoration = { ...options, name, change, lost: new Set<Digest>(), inTrash: new DigestSet() };
    if (!options.isForced) await this.#requireTags(restoration);
    const manifests = await this.#bringBackManifests(restoration);
    const { tags, taken } = await this.#setTags(restoration);
    if (taken !== undefined) throw tagTaken(name, taken);
    return { manifests, tags, lost: [...restoration.lost].slice(0, MAX_LOST) };
  }

  async #lastDelete(name: RepositoryName, signal: AbortSignal): Promise<string | undefined> {
    const { trash } = this.#dependencies;
    const newest: string[] = [];
    let areAll = true;
    for await (const { id } of trash.ids(name)) {
      newest.push(id);
      if (newest.length < 2 * NEWEST) continue;
      newest.splice(0, NEWEST);
      areAll = false;
    }
    while (newest.length > 0) {
      const read = await mapConcurrently(newest.splice(-CONCURRENCY), CONCURRENCY, (id) => trash.read(name, id));
      const found = read.findLast((each) => each?.deleted.change !== undefined);
      if (found !== undefined) return found.deleted.change;
    }
    if (areAll) return undefined;
    let last: string | undefined;
    for await (const { deleted } of trash.deletedFrom(name)) {
      signal.throwIfAborted();
      last = deleted.change ?? last;
    }
    return last;
  }

  async *#deletedTags({ name, change }: Restoration): AsyncGenerator<Of<DeletedTag>, void, undefined> {
    for await (const { id, deleted } of this.#dependencies.trash.deletedFrom(name))
      if (deleted.kind === 'tag' && deleted.change === change) yield { name, id, deleted };
  }

  async *#deletedManifests({
    name,
    change,
    inTrash,
  }: Restoration): AsyncGenerator<Of<DeletedManifest>, void, undefined> {
    for await (const { id, deleted } of this.#dependencies.trash.deletedFrom(name)) {
      if (deleted.kind !== 'manifest') continue;
      inTrash.add(deleted.digest);
      if (deleted.change === change) yield { name, id, deleted };
    }
  }

  async #requireTags(restoration: Restoration): Promise<void> {
    const { name, signal } = restoration;
    for await (const batch of inBatches(this.#deletedTags(restoration), PAGE)) {
      await mapConcurrently(batch, CONCURRENCY, async ({ deleted: { tag, digest } }) => {
        signal.throwIfAborted();
        const target = await this.#dependencies.tags.get(name, tag);
        if (target !== undefined && target !== digest) throw tagTaken(name, tag);
      });
    }
  }

  async #bringBackManifests(restoration: Restoration): Promise<number> {
    const { signal } = restoration;
    // Two processes that delete a repository together record some of it twice.
    const indexes = new Map<Digest, string[]>();
    let count = 0;
    for await (const batch of inBatches(this.#deletedManifests(restoration), PAGE)) {
      await mapConcurrently(batch, CONCURRENCY, async (each) => {
        signal.throwIfAborted();
        const { digest, mediaType } = each.deleted;
        if (INDEXES.includes(mediaType)) indexes.set(digest, [...(indexes.get(digest) ?? []), each.id]);
        else if (await this.#bringBackManifest(restoration, [each])) count += 1;
      });
    }
    const bringBackIndex = async (digest: Digest): Promise<void> => {
      signal.throwIfAborted();
      const ids = indexes.get(digest);
      if (ids === undefined) return;
      indexes.delete(digest);
      const deletions = await this.#manifestDeletions(restoration, ids);
      // Another process has brought it back.
      if (deletions.length === 0) return;
      const index = await this.#read(restoration, digest);
      for (const child of index?.content.children ?? []) {
        await bringBackIndex(child.digest);
        await this.#ensure(restoration, child.digest);
      }
      if (await this.#bringBackManifest(restoration, deletions, index)) count += 1;
    };
    for (const digest of [...indexes.keys()]) await bringBackIndex(digest);
    return count;
  }

  async #manifestDeletions({ name }: Restoration, ids: readonly string[]): Promise<Of<DeletedManifest>[]> {
    const read = await mapConcurrently(ids, CONCURRENCY, (id) => this.#dependencies.trash.read(name, id));
    return read.flatMap((each) => (each?.deleted.kind === 'manifest' ? [{ ...each, deleted: each.deleted }] : []));
  }

  /** Without its tags; resolves with whether it is back. */
  async #bringBackManifest(
    restoration: Restoration,
    deletions: readonly Of<DeletedManifest>[],
    known?: ReadManifest,
  ): Promise<boolean> {
    const { name, isForced, context, announce, lost } = restoration;
    const [
      {
        deleted: { digest, signatures },
      },
    ] = deletions as [Of<DeletedManifest>];
    const manifest = known ?? (await this.#read(restoration, digest));
    const options = { tags: [], signatures, isForced, context };
    if (manifest === undefined || !(await this.#store(name, manifest, options))) {
      lost.add(digest);
      return false;
    }
    const { mediaType, bytes } = manifest;
    announce?.(name, { action: 'push', target: 'manifest', digest, mediaType, size: bytes.byteLength });
    for (const each of deletions) await this.#dependencies.trash.markRestored(each);
    return true;
  }

  /**
   * Makes sure that a manifest is there, without its tags. One that came back by itself may have been deleted again; that
   * deletion stays in the trash.
   */
  async #ensure(restoration: Restoration, digest: Digest): Promise<boolean> {
    const { name, isForced, context, inTrash } = restoration;
    const { trash, manifests } = this.#dependencies;
    if (await manifests.has(name, digest)) return true;
    // To look for each child of a sparse index would list all deletions each time.
    if (!inTrash.has(digest)) return false;
    for await (const { deleted } of trash.deletedFrom(name, (id) => id.digest === digest)) {
      if (deleted.kind !== 'manifest') continue;
      const manifest = await this.#read(restoration, digest);
      if (manifest === undefined) return false;
      for (const child of manifest.content.children) await this.#ensure(restoration, child.digest);
      return this.#store(name, manifest, { tags: [], signatures: deleted.signatures, isForced, context });
    }
    return false;
  }

  /** Resolves with `undefined` when its bytes are gone. */
  async #read({ name }: Restoration, digest: Digest): Promise<ReadManifest | undefined> {
    try {
      return await this.#dependencies.manifests.read(name, digest);
    } catch (error) {
      if (RegistryError.is(error) && error.code === 'MANIFEST_UNKNOWN') return undefined;
      throw error;
    }
  }

  /** Resolves with whether its blobs are there, or it comes back without. */
  async #store(
    name: RepositoryName,
    manifest: ReadManifest,
    options: Omit<Parameters<ManifestReturn['bringBack']>[2], 'mayMove'> & {
      readonly mayMove?: (tag: Tag, before: Digest | undefined) => boolean;
    },
  ): Promise<boolean> {
    try {
      await this.#dependencies.manifests.bringBack(name, manifest, { mayMove: () => true, ...options });
      return true;
    } catch (error) {
      if (RegistryError.is(error) && error.code === 'MANIFEST_BLOB_UNKNOWN') return false;
      throw error;
    }
  }

  async #setTags(restoration: Restoration): Promise<{ readonly tags: number; readonly taken: Tag | undefined }> {
    let tags = 0;
    let taken: Tag | undefined;
    for await (const page of inBatches(this.#deletedTags(restoration), PAGE)) {
      const byDigest = Map.groupBy(page, ({ deleted }) => deleted.digest);
      await mapConcurrently([...byDigest], CONCURRENCY, async ([digest, group]) => {
        restoration.signal.throwIfAborted();
        const { set, refused } = await this.#setTagsOf(restoration, digest, group);
        tags += set;
        taken ??= refused;
      });
    }
    return { tags, taken };
  }

  /** Sets the tags of one manifest, unless it is lost. */
  async #setTagsOf(
    restoration: Restoration,
    digest: Digest,
    group: readonly Of<DeletedTag>[],
  ): Promise<{ readonly set: number; readonly refused: Tag | undefined }> {
    const { name, isForced, context, announce, lost } = restoration;
    const refused = new Set<Tag>();
    const mayMove = (tag: Tag, before: Digest | undefined): boolean => {
      const may = isForced || before === undefined || before === digest;
      if (!may) refused.add(tag);
      return may;
    };
    // A tag may come back more often than it was deleted, when two processes have deleted the repository together.
    const tags = [...new Set(group.map(({ deleted }) => deleted.tag))];
    // A tag without a manifest, which a crash may have left, had nothing to name.
    const isThere = !lost.has(digest) && (await this.#ensure(restoration, digest));
    const manifest = isThere ? await this.#read(restoration, digest) : undefined;
    const options = { tags, signatures: [], mayMove, isForced, context };
    if (manifest === undefined || !(await this.#store(name, manifest, options))) {
      lost.add(digest);
      return { set: 0, refused: undefined };
    }
    const { mediaType, bytes } = manifest;
    const set = tags.filter((tag) => !refused.has(tag));
    for (const tag of set)
      announce?.(name, { action: 'push', target: 'manifest', tag, digest, mediaType, size: bytes.byteLength });
    const back = group.filter(({ deleted }) => !refused.has(deleted.tag));
    await mapConcurrently(back, CONCURRENCY, (each) => this.#dependencies.trash.markRestored(each));
    return { set: set.length, refused: [...refused][0] };
  }
}
