import { inject, injectable } from '../di.ts';
import { type ContentCopy, RepositoryContent } from '../storage/changes/repository-content.ts';
import { type ContentCount, eachWithSteps, tagPages, type WorkSteps } from './repository-eraser.ts';

/** Gives a repository all that another one has, without copying content. Nothing may change either of them meanwhile. */
@injectable()
export class RepositoryCopier {
  readonly #content: RepositoryContent;

  constructor(@inject(RepositoryContent) content: RepositoryContent) {
    this.#content = content;
  }

  /**
   * Copies links to blobs, then manifests with their signatures, then referrers, then tags with all that they ever
   * pointed at: no tag is there before its manifest, no manifest before its blobs. May be repeated: what collections have set aside meanwhile comes back.
   */
  async copy(copy: ContentCopy, steps: WorkSteps): Promise<ContentCount> {
    let [tags, manifests] = [0, 0];
    for await (const digests of this.#content.layers(copy.from))
      await eachWithSteps(digests, steps, (digest) => this.#content.copyLayer(copy, digest));
    for await (const digests of this.#content.revisions(copy.from)) {
      await eachWithSteps(digests, steps, (digest) => this.#content.copyRevision(copy, digest));
      manifests += digests.length;
    }
    await this.#content.copyReferrers(copy, steps.next);
    for await (const page of tagPages(this.#content.tags, copy.from)) {
      await eachWithSteps(page, steps, (tag) => this.#content.copyTag(copy, tag));
      tags += page.length;
    }
    return { tags, manifests };
  }
}
