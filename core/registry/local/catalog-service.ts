import { inject, injectable, REPOSITORY_STORE } from '../../di.ts';
import type { RepositoryName } from '../../model/reference.ts';
import type { RepositoryStore } from '../../storage/repository-store.ts';
import { type Page, type PageRequest, takePage } from '../page.ts';

/** The repositories of the registry. */
@injectable()
export class CatalogService {
  readonly #repositories: RepositoryStore;

  constructor(@inject(REPOSITORY_STORE) repositories: RepositoryStore) {
    this.#repositories = repositories;
  }

  /** Names, component by component in byte order. */
  list(request: PageRequest): Promise<Page<RepositoryName>> {
    return takePage(request, async (limit) => {
      const names: RepositoryName[] = [];
      for await (const name of this.#repositories.list(request.after)) {
        names.push(name);
        if (names.length >= limit) break;
      }
      return names;
    });
  }
}
