import { inject, injectable } from '../di.ts';
import type { Tag } from '../model/reference.ts';
import type { ChangeCount } from '../storage/changes/repository-change.ts';
import { type ContentCopy, RepositoryContent } from '../storage/changes/repository-content.ts';
import { setByAge } from '../storage/set-by-age.ts';
import { CONCURRENCY, eachWithSteps, tagPages, type WorkSteps } from './repository-eraser.ts';

/** Gives a repository all that another one has, without copying content. Nothing may change either of them meanwhile. */
@injectable()
export class RepositoryCopier {
  readonly #content: RepositoryContent;

  constructor(@inject(RepositoryContent) content: RepositoryContent) {
    this.#content = content;
  }

  /**
   * Copies links to blobs, then manifests with their signatures, then referrers, times of pulls and the history of tags,
   * then tags with all that they ever pointed at, the oldest first, and whether their order is known: no tag is there before its manifest, no manifest before its blobs. May be
   * repeated: what collections have set aside meanwhile comes back. Memory: the names of all tags.
   */
  async copy(copy: ContentCopy, steps: WorkSteps): Promise<ChangeCount> {
    let manifests = 0;
    for await (const digests of this.#content.layers(copy.from))
      await eachWithSteps(digests, steps, async (digest) => {
        await steps.changes();
        await this.#content.copyLayer(copy, digest);
      });
    for await (const digests of this.#content.revisions(copy.from)) {
      await eachWithSteps(digests, steps, async (digest) => {
        await steps.changes();
        await this.#content.copyRevision(copy, digest);
      });
      manifests += digests.length;
    }
    await this.#content.copyReferrers(copy, steps.next);
    await this.#content.copyPulls(copy, steps.next);
    await this.#content.copyHistory(copy, steps.next);
    const tags: { readonly tag: Tag }[] = [];
    for await (const page of tagPages(this.#content.tags, copy.from)) tags.push(...page.map((tag) => ({ tag })));
    const { unordered } = this.#content.tags;
    const isUnordered = (await unordered.untilMs(copy.from)) !== undefined;
    if (isUnordered) await unordered.begin(copy.to);
    await setByAge(tags, {
      concurrency: CONCURRENCY,
      setAt: ({ tag }) => this.#content.tags.setAt(copy.from, tag),
      set: async ({ tag }) => {
        await steps.next();
        await steps.changes();
        return this.#content.copyTag(copy, tag);
      },
      complete: ({ tag }) => this.#content.copyTagHistory(copy, tag),
    });
    if (isUnordered) await unordered.end(copy.to);
    return { tags: tags.length, manifests };
  }
}
