import { mapConcurrently } from '../async/concurrency.ts';
import { inject, injectable, injectOptional, TRASH } from '../di.ts';
import { algorithmOf, CANONICAL_ALGORITHM, type Digest } from '../digest/digest.ts';
import type { RepositoryName, Tag } from '../model/reference.ts';
import { ManifestReader } from '../registry/local/manifest-reader.ts';
import { LayerLinks } from '../storage/changes/layer-links.ts';
import type { ChangeCount } from '../storage/changes/repository-change.ts';
import { RepositoryContent } from '../storage/changes/repository-content.ts';
import type { TagStore } from '../storage/tag-store.ts';
import { concernsOnePath } from '../storage/unreadable-paths.ts';
import type { DeletionOrigin, KeptDeletions } from '../trash/kept-deletions.ts';

export const CONCURRENCY = 32;
const PAGE = 1_000;

/** Called between files; each rejects when the work must stop. */
export interface WorkSteps {
  /** Called every few files. */
  readonly next: () => Promise<void>;
  /** Called before a step that cannot be interrupted: makes sure that no other process has ended the change. Two driver calls. */
  readonly check: () => Promise<void>;
  /**
   * Called before anything is removed or copied, often. Rejects when this process was suspended, and meanwhile another one has
   * ended the change. No driver call unless it was.
   */
  readonly changes: () => Promise<void>;
}

/** Removes a repository with all it has. Nothing may change it meanwhile. */
@injectable()
export class RepositoryEraser {
  readonly #content: RepositoryContent;
  readonly #layers: LayerLinks;
  readonly #manifests: ManifestReader;
  readonly #trash: KeptDeletions | undefined;

  constructor(
    @inject(RepositoryContent) content: RepositoryContent,
    @inject(LayerLinks) layers: LayerLinks,
    @inject(ManifestReader) manifests: ManifestReader,
    @injectOptional(TRASH) trash: KeptDeletions | undefined,
  ) {
    this.#content = content;
    this.#layers = layers;
    this.#manifests = manifests;
    this.#trash = trash;
  }

  /**
   * Removes tags, then manifests, then everything else. What makes it a repository goes last: after a crash, the catalog
   * still shows it. May be repeated. At least one driver call for each tag, manifest and blob, 32 at a time.
   * @param origin where deletions are kept, each tag and manifest is recorded before it goes, which costs up to three more calls;
   * absent when nothing is lost by it
   */
  async erase(name: RepositoryName, steps: WorkSteps, origin?: DeletionOrigin): Promise<ChangeCount> {
    const keep = origin && this.#keeping(name, origin);
    let unreadable = 0;
    let [tags, manifests] = [0, 0];
    for await (const page of tagPages(this.#content.tags, name)) {
      await eachWithSteps(page, steps, async (tag) => {
        if ((await keep?.tag(tag)) === false) unreadable += 1;
        await steps.changes();
        await this.#content.tags.remove(name, tag);
      });
      tags += page.length;
    }
    for await (const digests of this.#content.revisions(name)) {
      await eachWithSteps(digests, steps, async (digest) => {
        await keep?.manifest(digest);
        await steps.changes();
        await this.#content.removeRevision(name, digest);
      });
      manifests += digests.length;
    }
    for await (const digests of this.#content.layers(name)) {
      await steps.next();
      await keep?.layers(digests);
      await this.#layers.remove(name, digests, steps.changes);
    }
    await steps.next();
    await steps.changes();
    await this.#content.removeRest(name, steps.check);
    await this.#manifests.forgetRepository(name);
    await this.#layers.forget(name);
    return { tags, manifests, ...(unreadable > 0 && { unreadable }) };
  }

  /** Records what is about to be removed; `undefined` where nothing is kept. */
  #keeping(name: RepositoryName, origin: DeletionOrigin) {
    const trash = this.#trash;
    const { change } = origin;
    if (trash === undefined || change === undefined) return undefined;
    return {
      /** Resolves with whether it is known what the tag points to, or that it points to nothing. */
      tag: async (tag: Tag): Promise<boolean> => {
        const digest = await unlessUnreadable(this.#content.tags.get(name, tag));
        if (digest === 'unreadable') return false;
        if (digest !== undefined) await trash.recordTag(name, { tag, digest }, origin);
        return true;
      },
      manifest: async (digest: Digest): Promise<void> => {
        if (!(await this.#content.hasRevision(name, digest))) return;
        const bytes = await unlessUnreadable(this.#manifests.read(digest));
        const known = bytes === 'damaged' || bytes === 'unreadable' ? undefined : bytes;
        await trash.recordManifest(name, { digest, tags: [], bytes: known }, origin);
      },
      layers: async (digests: readonly Digest[]): Promise<void> => {
        // The manifest names all other content.
        const aliases = digests.filter((digest) => algorithmOf(digest) !== CANONICAL_ALGORITHM);
        await mapConcurrently(aliases, CONCURRENCY, async (digest) => {
          const target = await this.#content.layerTarget(name, digest);
          if (target !== undefined && target !== digest) await trash.keepLink(change, name, { digest, target });
        });
      },
    };
  }
}

/** What is read, unless the storage refuses this one file: that must not keep a repository from being deleted. */
async function unlessUnreadable<Result>(reading: Promise<Result>): Promise<Result | 'unreadable'> {
  try {
    return await reading;
  } catch (error) {
    if (concernsOnePath(error)) return 'unreadable';
    throw error;
  }
}

/** All tags of a repository, in byte order, in pages. They may be removed meanwhile. */
export async function* tagPages(
  tags: Pick<TagStore, 'list'>,
  name: RepositoryName,
): AsyncGenerator<readonly Tag[], void, undefined> {
  for (let after: Tag | undefined, isLast = false; !isLast; ) {
    const page = await tags.list(name, { after, limit: PAGE });
    if (page.length > 0) yield page;
    isLast = page.length < PAGE;
    after = page.at(-1);
  }
}

/** Runs `action` for every item, at most 32 at a time, with a step before every 32. */
export async function eachWithSteps<Item>(
  items: readonly Item[],
  { next }: WorkSteps,
  action: (item: Item) => Promise<unknown>,
): Promise<void> {
  await mapConcurrently(items, CONCURRENCY, async (item, index) => {
    if (index % CONCURRENCY === 0) await next();
    await action(item);
  });
}
