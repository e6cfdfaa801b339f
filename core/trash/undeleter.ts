import type { Digest } from '../digest/digest.ts';
import type { EventDetails } from '../events/registry-events.ts';
import { RegistryError } from '../model/errors.ts';
import { formatReference, type Reference, type RepositoryName, type Tag } from '../model/reference.ts';
import type { CallContext } from '../registry/call-context.ts';
import type { TagStore } from '../storage/tag-store.ts';
import type { Deleted, DeletedManifest } from './deleted.ts';
import type { ManifestReturn, ReadManifest } from './manifest-return.ts';
import type { ReturnedContent, SweptContent } from './swept-content.ts';
import type { InTrash, Trash } from './trash.ts';

/** Two processes that delete a manifest at the same time record its tags between them, in milliseconds. */
const AT_ONCE_MS = 60_000;
/** Referrers that were deleted so long before their subject come back with it, in milliseconds. */
const TOGETHER_MS = 60 * 60 * 1000;

/** What brings deletions back. */
export interface UndeleterDependencies {
  readonly trash: Trash;
  readonly manifests: ManifestReturn;
  readonly content: SweptContent;
  readonly tags: TagStore;
}

/** How something comes back. */
export interface UndeleteOptions {
  /** Whether tags may be taken from other manifests, and manifests may come back without blobs that are gone. */
  readonly isForced: boolean;
  readonly context?: CallContext | undefined;
  /** Told everything that came back, as pushes. */
  readonly announce?: ((name: RepositoryName, details: EventDetails) => void) | undefined;
}

/** What came back. */
export interface Undeleted {
  /** Manifests, children before their indexes, referrers after their subjects. */
  readonly manifests: readonly Digest[];
  readonly tags: readonly Tag[];
  /** Blobs that collections had swept. */
  readonly blobs: readonly Digest[];
}

/** One restoration in a repository. */
interface Restoration extends UndeleteOptions {
  readonly name: RepositoryName;
  /** The deletions of what comes back. */
  readonly deletions: InTrash[];
  /** What referred to a manifest and was deleted. */
  readonly referrersOf: ReadonlyMap<Digest, ReadonlySet<Digest>>;
  readonly manifests: Set<Digest>;
  readonly tags: Set<Tag>;
  readonly blobs: Set<Digest>;
  /** Tags that somebody has set meanwhile. */
  readonly taken: Set<Tag>;
}

/** A manifest to bring back. */
interface Wanted {
  readonly digest: Digest;
  readonly tags: readonly Tag[];
  /** Its deletions and those of its tags, the oldest first. */
  readonly deletions: readonly InTrash[];
  /** Whether a tag that points elsewhere stays there without an error. */
  readonly yieldsTags?: boolean;
}

/**
 * Undoes deletions. Calls may run concurrently, in any number of processes, beside collections, deletes and pushes: a
 * tag that somebody sets meanwhile stays, and a repeated call completes one that failed. Holds the deletions of what comes
 * back, and the digests of the referrers in the trash of the repository.
 */
export class Undeleter {
  readonly #dependencies: UndeleterDependencies;

  constructor(dependencies: UndeleterDependencies) {
    this.#dependencies = dependencies;
  }

  /**
   * Brings back a tag with its manifest, or a manifest with its tags, or a blob of the repository; with a manifest, the
   * children of an index and the referrers that were deleted with it or after it.
   * @throws RegistryError `MANIFEST_UNKNOWN` when it is not in the trash, `TAG_IMMUTABLE` when a tag points to another
   * manifest; RegistryErrors `MANIFEST_BLOB_UNKNOWN` when blobs are gone
   */
  async undelete(name: RepositoryName, reference: Reference, options: UndeleteOptions): Promise<Undeleted> {
    const { content } = this.#dependencies;
    const { wanted, referrersOf } = await this.#find(name, reference);
    if (wanted === undefined) {
      if (reference.kind === 'digest' && (await content.bringBackTo(name, reference.digest)))
        return { manifests: [], tags: [], blobs: [reference.digest] };
      const text = formatReference(reference);
      const reason = `${name}${reference.kind === 'tag' ? ':' : '@'}${text} is not in the trash`;
      throw new RegistryError('MANIFEST_UNKNOWN', { name, reference: text, reason });
    }
    const [manifests, tags, blobs, taken] = [new Set<Digest>(), new Set<Tag>(), new Set<Digest>(), new Set<Tag>()];
    const restoration = { ...options, name, deletions: [], referrersOf, manifests, tags, blobs, taken };
    await this.#requireTags(restoration, wanted);
    await this.#bringBack(restoration, wanted);
    await this.#markRestored(restoration);
    const [late] = taken;
    if (late !== undefined) throw tagTaken(name, late);
    return { manifests: [...manifests], tags: [...tags], blobs: [...blobs] };
  }

  /**
   * Brings back content that collections have swept, for all repositories that had it.
   * @throws RegistryError `BLOB_UNKNOWN`
   */
  async undeleteContent(digest: Digest): Promise<ReturnedContent> {
    const returned = await this.#dependencies.content.bringBack(digest);
    if (!returned.wasSwept && returned.repositories.length === 0)
      throw new RegistryError('BLOB_UNKNOWN', { digest, reason: `${digest} is not in the trash` });
    return returned;
  }

  /** What a reference means in the trash, and what refers to what there. One driver call for each deletion. */
  async #find(
    name: RepositoryName,
    reference: Reference,
  ): Promise<{ readonly wanted: Wanted | undefined; readonly referrersOf: Restoration['referrersOf'] }> {
    const referrersOf = new Map<Digest, Set<Digest>>();
    let digest = reference.kind === 'digest' ? reference.digest : undefined;
    for await (const { deleted } of this.#dependencies.trash.deletedFrom(name)) {
      if (reference.kind === 'tag' && hadTag(deleted, reference.tag)) ({ digest } = deleted);
      if (deleted.kind !== 'manifest' || deleted.subject === undefined) continue;
      const referrers = referrersOf.get(deleted.subject);
      if (referrers === undefined) referrersOf.set(deleted.subject, new Set([deleted.digest]));
      else referrers.add(deleted.digest);
    }
    if (digest === undefined) return { wanted: undefined, referrersOf };
    return { wanted: wantedOf(await this.#deletionsOf(name, new Set([digest])), { digest, reference }), referrersOf };
  }

  /** The deletions of some manifests and of their tags, the oldest first. One driver call, and one for each. */
  async #deletionsOf(name: RepositoryName, digests: ReadonlySet<Digest>): Promise<readonly InTrash[]> {
    const deletions: InTrash[] = [];
    if (digests.size === 0) return deletions;
    for await (const each of this.#dependencies.trash.deletedFrom(name, ({ digest }) => digests.has(digest)))
      deletions.push(each);
    return deletions;
  }

  async #requireTags({ name, isForced }: Restoration, { digest, tags }: Wanted): Promise<void> {
    if (isForced) return;
    for (const tag of tags) {
      const target = await this.#dependencies.tags.get(name, tag);
      if (target !== undefined && target !== digest) throw tagTaken(name, tag);
    }
  }

  /** Children first, so that no index is there without them; then the manifest, then its referrers. */
  async #bringBack(restoration: Restoration, wanted: Wanted): Promise<void> {
    const { name, referrersOf, manifests, blobs, isForced, context } = restoration;
    const { digest, tags, yieldsTags = false } = wanted;
    if (manifests.has(digest)) return;
    manifests.add(digest);
    restoration.deletions.push(...wanted.deletions);
    const manifest = await this.#dependencies.manifests.read(name, digest);
    await this.#bringBackChildren(restoration, manifest);
    const own = latest(wanted.deletions, digest);
    const refused = new Set<Tag>();
    const swept = await this.#dependencies.manifests.bringBack(name, manifest, {
      tags,
      signatures: own?.signatures ?? [],
      isForced,
      context,
      mayMove: (tag, before) => {
        const may = (isForced && !yieldsTags) || before === undefined || before === digest;
        if (!may) refused.add(tag);
        return may;
      },
    });
    for (const each of swept) blobs.add(each);
    const set = tags.filter((tag) => !refused.has(tag));
    for (const tag of set) restoration.tags.add(tag);
    if (!yieldsTags) for (const tag of refused) restoration.taken.add(tag);
    const { mediaType, bytes } = manifest;
    for (const tag of set.length > 0 ? set : [undefined])
      restoration.announce?.(name, {
        action: 'push',
        target: 'manifest',
        tag,
        digest,
        mediaType,
        size: bytes.byteLength,
      });
    if (own === undefined) return;
    const referrers = await this.#deletionsOf(name, referrersOf.get(digest) ?? new Set());
    for (const { deleted } of referrers) {
      if (deleted.kind !== 'manifest' || deleted.deletedAtMs < own.deletedAtMs - TOGETHER_MS) continue;
      const deletions = referrers.filter((each) => each.deleted.digest === deleted.digest);
      await this.#bringBack(restoration, { digest: deleted.digest, tags: deleted.tags, deletions, yieldsTags: true });
    }
  }

  /** Those that were deleted and are not there. */
  async #bringBackChildren(restoration: Restoration, { content: { children } }: ReadManifest): Promise<void> {
    const { name } = restoration;
    const missing = new Set<Digest>();
    for (const { digest } of children)
      if (!missing.has(digest) && !(await this.#dependencies.manifests.has(name, digest))) missing.add(digest);
    const all = Map.groupBy(await this.#deletionsOf(name, missing), ({ deleted }) => deleted.digest);
    for (const digest of missing) {
      const deletions = all.get(digest) ?? [];
      if (latest(deletions, digest) !== undefined) await this.#bringBack(restoration, { digest, tags: [], deletions });
    }
  }

  /** A manifest of which only some tags came back stays in the trash with the others. */
  async #markRestored({ name, deletions, tags }: Restoration): Promise<void> {
    const { trash } = this.#dependencies;
    for (const { id, deleted } of deletions) {
      if (deleted.kind === 'tag') {
        if (tags.has(deleted.tag)) await trash.markRestored({ name, id, deleted });
        continue;
      }
      const left = deleted.tags.filter((tag) => !tags.has(tag));
      if (left.length === 0) await trash.markRestored({ name, id, deleted });
      else await trash.keepTags({ name, id, deleted: { ...deleted, tags: left } });
    }
  }
}

/** Whether a deletion removed a tag, alone or with its manifest. */
function hadTag(deleted: Deleted, tag: Tag): boolean {
  return deleted.kind === 'tag' ? deleted.tag === tag : deleted.tags.includes(tag);
}

/**
 * What a reference means in the trash; `undefined` when it is not there.
 * @param deletions those of the manifest that it names, and of its tags
 */
function wantedOf(
  deletions: readonly InTrash[],
  { digest, reference }: { readonly digest: Digest; readonly reference: Reference },
): Wanted | undefined {
  if (reference.kind === 'tag') return { digest, tags: [reference.tag], deletions };
  const newest = latest(deletions, digest);
  if (newest === undefined) return undefined;
  const tags = deletions.flatMap(({ deleted }) => {
    // The delete of a repository removes tags first.
    const isTogether = deleted.change !== undefined && deleted.change === newest.change;
    if (deleted.kind === 'tag') return isTogether || deleted.deletedAtMs >= newest.deletedAtMs ? [deleted.tag] : [];
    return deleted.deletedAtMs >= newest.deletedAtMs - AT_ONCE_MS ? deleted.tags : [];
  });
  return { digest, tags: [...new Set(tags)], deletions };
}

/** The last deletion of a manifest. */
function latest(deletions: readonly InTrash[], digest: Digest): DeletedManifest | undefined {
  const deleted = deletions.findLast((each) => each.deleted.kind === 'manifest' && each.deleted.digest === digest);
  return deleted?.deleted.kind === 'manifest' ? deleted.deleted : undefined;
}

/** The error when a tag was set to another manifest since. */
export function tagTaken(name: RepositoryName, tag: Tag): RegistryError {
  const reason = `${name}:${tag} points to another manifest by now, and would be taken from it only by force`;
  return new RegistryError('TAG_IMMUTABLE', { name, tag, reason });
}
