import { inject, injectable } from '../di.ts';
import type { RepositoryName } from '../model/reference.ts';
import { RepositoryContent } from '../storage/changes/repository-content.ts';
import { type ContentCount, eachWithSteps, type OnStep, tagPages } from './repository-eraser.ts';

/** Gives a repository all that another one has, without copying content. Nothing may change either of them meanwhile. */
@injectable()
export class RepositoryCopier {
  readonly #content: RepositoryContent;

  constructor(@inject(RepositoryContent) content: RepositoryContent) {
    this.#content = content;
  }

  /**
   * Copies links to blobs, then manifests with their signatures, then referrers, then tags with all that they ever
   * pointed at: no tag is there before its manifest, no manifest before its blobs. May be repeated.
   */
  async copy(from: RepositoryName, to: RepositoryName, onStep: OnStep): Promise<ContentCount> {
    let [tags, manifests] = [0, 0];
    for await (const digests of this.#content.layers(from))
      await eachWithSteps(digests, onStep, (digest) => this.#content.copyLayer(from, to, digest));
    for await (const digests of this.#content.revisions(from)) {
      await eachWithSteps(digests, onStep, (digest) => this.#content.copyRevision(from, to, digest));
      manifests += digests.length;
    }
    await this.#content.copyReferrers(from, to, onStep);
    for await (const page of tagPages(this.#content.tags, from)) {
      await eachWithSteps(page, onStep, (tag) => this.#content.copyTag(from, to, tag));
      tags += page.length;
    }
    return { tags, manifests };
  }
}
