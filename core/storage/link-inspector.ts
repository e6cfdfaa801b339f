import { inject, injectable } from '../di.ts';
import { type Digest, digestAlgorithms, isDigest } from '../digest/digest.ts';
import type { StoragePath } from '../driver/index.ts';
import type { RepositoryName, Tag } from '../model/reference.ts';
import { LinkStore } from './link-store.ts';
import { PathMapper } from './paths/path-mapper.ts';

/** What stands at the path of a link: a digest, nothing, or something that is no digest, which counts as nothing. */
export type LinkState = { readonly digest: Digest } | 'absent' | 'broken';

/** Looks at the links of repositories as they are, which stores do not show: a broken link counts as absent there. */
@injectable()
export class LinkInspector {
  readonly #links: LinkStore;
  readonly #paths: PathMapper;

  constructor(@inject(LinkStore) links: LinkStore, @inject(PathMapper) paths: PathMapper) {
    this.#links = links;
    this.#paths = paths;
  }

  /** The digests that have a folder for the link to a blob, in byte order by algorithm; the link may be absent. */
  async *layers(name: RepositoryName): AsyncGenerator<Digest, void, undefined> {
    for (const algorithm of digestAlgorithms().sort()) {
      for await (const hex of this.#links.folders(this.#paths.layers(name, algorithm))) {
        const digest = `${algorithm}:${hex}`;
        if (isDigest(digest)) yield digest;
      }
    }
  }

  /** The link to a blob. One driver call, two for one without a digest; so for the other links. */
  layer(name: RepositoryName, digest: Digest): Promise<LinkState> {
    return this.#state(this.#paths.layerLink(name, digest));
  }

  /** The link to a manifest. */
  revision(name: RepositoryName, digest: Digest): Promise<LinkState> {
    return this.#state(this.#paths.revisionLink(name, digest));
  }

  /** What a tag points to. */
  tag(name: RepositoryName, tag: Tag): Promise<LinkState> {
    return this.#state(this.#paths.tagCurrentLink(name, tag));
  }

  /** Whether the tag has a folder, with a link or without. One driver call. */
  hasTagFolder(name: RepositoryName, tag: Tag): Promise<boolean> {
    return this.#links.exists(this.#paths.tag(name, tag));
  }

  /** Makes the link to a blob name its own digest, durably. */
  async mendLayer(name: RepositoryName, digest: Digest): Promise<void> {
    await this.#links.write(this.#paths.layerLink(name, digest), digest);
  }

  /** Makes the link to a manifest name its own digest, durably. */
  async mendRevision(name: RepositoryName, digest: Digest): Promise<void> {
    await this.#links.write(this.#paths.revisionLink(name, digest), digest);
  }

  async #state(path: StoragePath): Promise<LinkState> {
    const digest = await this.#links.read(path);
    if (digest !== undefined) return { digest };
    return (await this.#links.exists(path)) ? 'broken' : 'absent';
  }
}
