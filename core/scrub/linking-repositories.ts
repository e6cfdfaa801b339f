import { mapConcurrently } from '../async/concurrency.ts';
import type { Digest } from '../digest/digest.ts';
import type { RepositoryName } from '../model/reference.ts';
import type { CatalogService } from '../registry/catalog-service.ts';
import type { Page } from '../registry/page.ts';
import type { LinkInspector } from '../storage/link-inspector.ts';
import type { ContentPlace } from './content-source.ts';

const BATCH = 1000;
const CONCURRENCY = 16;
/** How many repositories are looked at for all digests together: a walk for each of thousands would take days. */
const MAX_LOOKS = 100_000;

/** What the search asks. */
export interface LinkingRepositoriesDependencies {
  readonly catalog: Pick<CatalogService, 'list'>;
  readonly links: Pick<LinkInspector, 'layer' | 'revision'>;
}

/** Finds the repositories that refer to content: nothing in the storage leads from content to them. */
export class LinkingRepositories {
  readonly #dependencies: LinkingRepositoriesDependencies;
  #looks = 0;

  constructor(dependencies: LinkingRepositoriesDependencies) {
    this.#dependencies = dependencies;
  }

  /**
   * The places where repositories refer to a digest, two driver calls for each repository. Ends early once 100 000
   * repositories were looked at.
   * @param isWanted whether a repository is looked at
   */
  async *find(
    digest: Digest,
    { isWanted, signal }: { readonly isWanted: (name: RepositoryName) => boolean; readonly signal: AbortSignal },
  ): AsyncGenerator<ContentPlace, void, undefined> {
    const { catalog } = this.#dependencies;
    let after: RepositoryName | undefined;
    let page: Page<RepositoryName>;
    do {
      page = await catalog.list({ limit: BATCH, after }, { signal });
      const names = page.items.filter(isWanted);
      for (let start = 0; start < names.length && this.#looks < MAX_LOOKS; start += CONCURRENCY) {
        signal.throwIfAborted();
        const some = names.slice(start, start + CONCURRENCY);
        this.#looks += some.length;
        const places = await mapConcurrently(some, CONCURRENCY, (name) => this.#look(name, digest));
        yield* places.filter((place) => place !== undefined);
      }
      after = page.items.at(-1);
    } while (page.more && this.#looks < MAX_LOOKS);
  }

  async #look(repository: RepositoryName, digest: Digest): Promise<ContentPlace | undefined> {
    const { links } = this.#dependencies;
    const [revision, layer] = await Promise.all([links.revision(repository, digest), links.layer(repository, digest)]);
    if (revision !== 'absent') return { repository, kind: 'manifest' };
    return layer === 'absent' ? undefined : { repository, kind: 'blob' };
  }
}
