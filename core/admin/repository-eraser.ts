import { mapConcurrently } from '../async/concurrency.ts';
import { inject, injectable } from '../di.ts';
import type { RepositoryName, Tag } from '../model/reference.ts';
import { ManifestReader } from '../registry/local/manifest-reader.ts';
import { LayerLinks } from '../storage/changes/layer-links.ts';
import { RepositoryContent } from '../storage/changes/repository-content.ts';
import type { TagStore } from '../storage/tag-store.ts';

export const CONCURRENCY = 32;
const PAGE = 1_000;

/** Called between files; each rejects when the work must stop. */
export interface WorkSteps {
  /** Called every few files. */
  readonly next: () => Promise<void>;
  /** Called before a step that cannot be interrupted: makes sure that nobody has ended the work. One driver call. */
  readonly check: () => Promise<void>;
}

/** The number of what was removed or copied. */
export interface ContentCount {
  readonly tags: number;
  readonly manifests: number;
}

/** Removes a repository with all it has. Nothing may change it meanwhile. */
@injectable()
export class RepositoryEraser {
  readonly #content: RepositoryContent;
  readonly #layers: LayerLinks;
  readonly #manifests: ManifestReader;

  constructor(
    @inject(RepositoryContent) content: RepositoryContent,
    @inject(LayerLinks) layers: LayerLinks,
    @inject(ManifestReader) manifests: ManifestReader,
  ) {
    this.#content = content;
    this.#layers = layers;
    this.#manifests = manifests;
  }

  /**
   * Removes tags, then manifests, then everything else. What makes it a repository goes last: after a crash, the catalog
   * still shows it. May be repeated. At least one driver call for each tag, manifest and blob, 32 at a time.
   */
  async erase(name: RepositoryName, steps: WorkSteps): Promise<ContentCount> {
    let [tags, manifests] = [0, 0];
    for await (const page of tagPages(this.#content.tags, name)) {
      await eachWithSteps(page, steps, (tag) => this.#content.tags.remove(name, tag));
      tags += page.length;
    }
    for await (const digests of this.#content.revisions(name)) {
      await eachWithSteps(digests, steps, (digest) => this.#content.removeRevision(name, digest));
      manifests += digests.length;
    }
    for await (const digests of this.#content.layers(name)) {
      await steps.next();
      await this.#layers.remove(name, digests);
    }
    await steps.next();
    await this.#content.removeRest(name, steps.check);
    await this.#manifests.forgetRepository(name);
    await this.#layers.forget(name);
    return { tags, manifests };
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
