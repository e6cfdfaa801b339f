import { mapConcurrently } from '../../async/concurrency.ts';
import { inject, injectable } from '../../di.ts';
import type { Digest } from '../../digest/digest.ts';
import type { RepositoryName } from '../../model/reference.ts';
import { BlobLookupCache } from '../blob-lookup-cache.ts';
import { LinkStore } from '../link-store.ts';
import { PathMapper } from '../paths/path-mapper.ts';

const CONCURRENCY = 32;

/** The links to the blobs of a repository that goes as a whole. */
@injectable()
export class LayerLinks {
  readonly #links: LinkStore;
  readonly #paths: PathMapper;
  readonly #known: BlobLookupCache;

  constructor(
    @inject(LinkStore) links: LinkStore,
    @inject(PathMapper) paths: PathMapper,
    @inject(BlobLookupCache) known: BlobLookupCache,
  ) {
    this.#links = links;
    this.#paths = paths;
    this.#known = known;
  }

  /**
   * Removes links; other processes learn of it by {@link forget}. One driver call for each.
   * @param check called before each link that goes; rejects if it may not
   */
  async remove(name: RepositoryName, digests: readonly Digest[], check: () => Promise<void>): Promise<void> {
    await mapConcurrently(digests, CONCURRENCY, async (digest) => {
      await check();
      await this.#links.remove(this.#paths.layerFolder(name, digest));
      await this.#known.drop(name, digest);
    });
  }

  /** Resolves when no process that the broadcast reaches still believes that the repository has any blob. */
  async forget(name: RepositoryName): Promise<void> {
    await this.#known.forgetRepository(name);
  }
}
