import { mapConcurrently } from '../async/concurrency.ts';
import { inject, injectable } from '../di.ts';
import type { Digest } from '../digest/digest.ts';
import { isTag, type RepositoryName, type Tag } from '../model/reference.ts';
import { BadPlaces } from './bad-places.ts';
import { LinkStore } from './link-store.ts';
import { PathMapper } from './path-mapper.ts';

const CONCURRENCY = 32;
const MAX_BATCH = 1000;

/** The tags of repositories. */
@injectable()
export class TagStore {
  readonly #links: LinkStore;
  readonly #paths: PathMapper;
  readonly #bad: BadPlaces;

  constructor(
    @inject(LinkStore) links: LinkStore,
    @inject(PathMapper) paths: PathMapper,
    @inject(BadPlaces) bad: BadPlaces,
  ) {
    this.#links = links;
    this.#paths = paths;
    this.#bad = bad;
  }

  /** The digest that the tag points to. One driver call. */
  get(name: RepositoryName, tag: Tag): Promise<Digest | undefined> {
    return this.#links.read(this.#paths.tagCurrentLink(name, tag));
  }

  /** Makes the tag point to a manifest that the repository has. Two driver calls; the tag changes with the second. */
  async set(name: RepositoryName, tag: Tag, digest: Digest): Promise<void> {
    await this.#links.write(this.#paths.tagIndexLink(name, tag, digest), digest);
    await this.#links.write(this.#paths.tagCurrentLink(name, tag), digest);
  }

  /** Removes the tag and its history; resolves with whether it existed. One driver call. */
  remove(name: RepositoryName, tag: Tag): Promise<boolean> {
    return this.#links.remove(this.#paths.tag(name, tag));
  }

  /**
   * Tags in byte order, without those that cannot be read.
   * @param options.after only tags greater than this text
   * @param options.limit the largest number of tags to return; at least 1
   * @param options.signal ends the list, which then rejects with its reason
   */
  async list(
    name: RepositoryName,
    options: { after?: string | undefined; limit: number; signal?: AbortSignal | undefined },
  ): Promise<Tag[]> {
    const tags: Tag[] = [];
    let candidates: Tag[] = [];
    const take = async (): Promise<void> => {
      // A crash in the middle of setting or removing leaves a folder that is not a tag.
      const present = await mapConcurrently(candidates, CONCURRENCY, (tag) => {
        const path = this.#paths.tagCurrentLink(name, tag);
        return this.#bad.pass(path, () => this.#links.exists(path), false);
      });
      tags.push(...candidates.filter((_tag, index) => present[index]));
      candidates = [];
    };
    for await (const folder of this.#links.folders(this.#paths.tags(name), options.after)) {
      options.signal?.throwIfAborted();
      if (isTag(folder)) candidates.push(folder);
      if (candidates.length >= Math.min(MAX_BATCH, options.limit - tags.length)) await take();
      if (tags.length >= options.limit) return tags;
    }
    await take();
    return tags;
  }

  /** Every tag that points to `digest`. One driver call for each tag of the repository. */
  async pointingAt(name: RepositoryName, digest: Digest): Promise<Tag[]> {
    const tags: Tag[] = [];
    for await (const folder of this.#links.folders(this.#paths.tags(name))) {
      if (isTag(folder)) tags.push(folder);
    }
    const targets = await mapConcurrently(tags, CONCURRENCY, (tag) =>
      this.#bad.pass(this.#paths.tagCurrentLink(name, tag), () => this.get(name, tag), undefined),
    );
    return tags.filter((_tag, index) => targets[index] === digest);
  }
}
