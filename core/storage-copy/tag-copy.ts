import { mapConcurrently } from '../async/concurrency.ts';
import type { Digest } from '../digest/digest.ts';
import { DriverError } from '../driver/index.ts';
import type { RepositoryName, Tag } from '../model/reference.ts';
import { setByAge } from '../storage/set-by-age.ts';
import { deleteIfPresent } from '../storage/small-files.ts';
import type { CopySession } from './copy-session.ts';
import type { CopySide } from './copy-side.ts';
import { TagOrder } from './tag-order.ts';
import { TargetGuard } from './target-guard.ts';
import type { TreeCopy } from './tree-copy.ts';

/** The folder of a tag that holds what it points at; the rest is its history. */
const CURRENT = 'current';

/** Whether each tag was copied that the source still has, unless it points to nothing there; if not, why. */
export type TagsState = 'copied' | 'changed' | 'damaged';

/** The manifests of a repository of the source, listed after its tags. */
export interface SourceManifests {
  readonly listed: ReadonlySet<Digest>;
  /** Those of them that cannot be copied, because their bytes are wrong, unreadable or missing. */
  readonly damaged: ReadonlySet<Digest>;
}

/** A tag that the target does not have, or that points elsewhere there. */
interface TagToCopy {
  readonly tag: Tag;
  readonly digest: Digest;
  readonly isNew: boolean;
}

/** Copies the tags of repositories. */
export class TagCopy {
  readonly #source: CopySide;
  readonly #target: CopySide;
  readonly #trees: TreeCopy;
  readonly #session: CopySession;
  readonly #guard: TargetGuard;
  readonly #order: TagOrder;

  constructor(
    { source, target, trees }: { source: CopySide; target: CopySide; trees: TreeCopy },
    session: CopySession,
  ) {
    this.#source = source;
    this.#target = target;
    this.#trees = trees;
    this.#session = session;
    this.#guard = new TargetGuard(target.guard, session.options);
    this.#order = new TagOrder({ source, target }, session);
  }

  /** The tags that the source has now, and what they point to. One driver call for each tag. */
  async listed(name: RepositoryName): Promise<ReadonlyMap<Tag, Digest>> {
    const { links, paths } = this.#source;
    const tags = await this.#source.tags(name);
    const digests = await mapConcurrently(tags, this.#session.options.concurrency, async (tag) => {
      const path = paths.tagCurrentLink(name, tag);
      const digest = await links.read(path);
      // A folder without a link is a tag that was removed meanwhile, or a leftover.
      if (digest === undefined && (await links.exists(path)))
        this.#session.note({ code: 'tag-link-broken', action: 'none', repository: name, tag });
      return digest;
    });
    return new Map(tags.flatMap((tag, index) => (digests[index] === undefined ? [] : [[tag, digests[index]]])));
  }

  /**
   * Points the tags of the target to the same manifests, as far as both storages have them, those first that were set
   * first in the source.
   */
  async copy(name: RepositoryName, tags: ReadonlyMap<Tag, Digest>, manifests: SourceManifests): Promise<TagsState> {
    const { concurrency, onlyMissing, verifies } = this.#session.options;
    const { links, paths } = this.#source;
    const copies: TagToCopy[] = [];
    const left = (tag: Tag, digest: Digest): Promise<TagsState> => this.#left(name, { tag, digest }, manifests);
    const states = await mapConcurrently([...tags], concurrency, async ([tag, digest]): Promise<TagsState> => {
      if (!manifests.listed.has(digest)) return left(tag, digest);
      const before = await this.#target.links.read(this.#target.paths.tagCurrentLink(name, tag));
      const isMoved = before !== digest;
      if (before !== undefined && !(isMoved || verifies)) return 'copied';
      // A history without a link would be listed as a tag, so a new tag gets its link first.
      if (before !== undefined) await this.#copyHistory(name, tag);
      // A tag that was pushed to a target in use stays, with the history that it had in the source.
      if (isMoved && (before === undefined || !onlyMissing)) copies.push({ tag, digest, isNew: before === undefined });
      return 'copied';
    });
    const all = copies.map(({ tag }) => tag);
    await this.#order.during(name, all, async () => {
      const written = new Map<Tag, number | undefined>();
      await setByAge(copies, {
        concurrency,
        setAt: ({ tag }) => links.modifiedAt(paths.tagCurrentLink(name, tag)),
        set: async (copy) => {
          if (!(await this.#hasManifest(name, copy))) {
            states.push(await left(copy.tag, copy.digest));
            return false;
          }
          const isWritten = await this.#set(name, copy);
          if (isWritten) written.set(copy.tag, await this.#order.writtenAt(name, copy.tag));
          return isWritten;
        },
        complete: async ({ tag, isNew }) => {
          if (isNew && (await this.#isSet(name, tag))) await this.#copyHistory(name, tag);
        },
      });
      return written;
    });
    if (states.includes('changed')) return 'changed';
    return states.includes('damaged') ? 'damaged' : 'copied';
  }

  async #copyHistory(name: RepositoryName, tag: Tag): Promise<void> {
    await this.#trees.copy(this.#source.paths.tag(name, tag), (child) => child === CURRENT);
  }

  async #isSet(name: RepositoryName, tag: Tag): Promise<boolean> {
    const { links, paths } = this.#target;
    return this.#session.options.dryRun || links.exists(paths.tagCurrentLink(name, tag));
  }

  async #hasManifest(name: RepositoryName, { digest }: TagToCopy): Promise<boolean> {
    if (this.#session.options.dryRun) return true;
    const { links, paths } = this.#target;
    await this.#guard.keep(digest);
    const path = paths.revisionLink(name, digest);
    return (await this.#guard.find(digest, path, () => links.read(path))) === digest;
  }

  /** Removes the tags of the target that the source does not have. */
  async removeOthers(name: RepositoryName, kept: ReadonlySet<Tag>): Promise<void> {
    const surplus = (await this.#target.tags(name)).filter((tag) => !kept.has(tag));
    await mapConcurrently(surplus, this.#session.options.concurrency, async (tag) => {
      if (!(await this.#source.links.exists(this.#source.paths.tagCurrentLink(name, tag))))
        await this.#remove(name, tag);
    });
  }

  async #remove(name: RepositoryName, tag: Tag): Promise<void> {
    const { driver, paths } = this.#target;
    this.#session.counts.removedTags += 1;
    if (this.#session.options.dryRun) return;
    // The history first, so that it never remains alone: it would be listed as a tag.
    await deleteIfPresent(driver, paths.tagIndex(name, tag));
    await deleteIfPresent(driver, paths.tag(name, tag));
  }

  /** @returns whether it was written */
  async #set(name: RepositoryName, { tag, digest }: TagToCopy): Promise<boolean> {
    const { options, counts } = this.#session;
    counts.copiedTags += 1;
    if (options.dryRun) return false;
    const { driver, paths } = this.#target;
    const content = Buffer.from(digest, 'latin1');
    try {
      await driver.write(paths.tagCurrentLink(name, tag), content, { ifAbsent: options.onlyMissing });
      return true;
    } catch (error) {
      // A client has just pushed the tag to the target.
      if (!DriverError.is(error, 'conflict')) throw error;
      return false;
    }
  }

  /**
   * Leaves a tag whose manifest was not copied. Keeps what the target has under it, unless it points nowhere in the source.
   * @returns `copied` if nothing more can be done: the tag points nowhere in the source as well
   */
  async #left(
    name: RepositoryName,
    { tag, digest }: Pick<TagToCopy, 'tag' | 'digest'>,
    { damaged }: SourceManifests,
  ): Promise<TagsState> {
    const { links, paths } = this.#source;
    const now = await links.read(paths.tagCurrentLink(name, tag));
    if (now !== digest) return 'changed';
    this.#session.note({ code: 'tag-dangling', action: 'none', repository: name, tag, digest });
    // The target may have the last good one, which stays.
    if ((await links.read(paths.revisionLink(name, digest))) === digest)
      return damaged.has(digest) ? 'damaged' : 'changed';
    // What the target has under this tag may be removed next.
    const { options } = this.#session;
    if (options.deletes && (await this.#target.links.exists(paths.tagCurrentLink(name, tag))))
      await this.#remove(name, tag);
    return 'copied';
  }
}
