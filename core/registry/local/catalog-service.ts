import { inject, injectable } from '../../di.ts';
import type { RepositoryName } from '../../model/reference.ts';
import { RepositoryStore } from '../../storage/repository-store.ts';
import type { CallContext } from '../call-context.ts';
import type { CatalogService } from '../catalog-service.ts';
import { type Page, type PageRequest, takePage } from '../page.ts';

/** The repositories of a storage. */
@injectable()
export class LocalCatalogService implements CatalogService {
  readonly #repositories: RepositoryStore;

  constructor(@inject(RepositoryStore) repositories: RepositoryStore) {
    this.#repositories = repositories;
  }

  list(request: PageRequest, context?: CallContext): Promise<Page<RepositoryName>> {
    const { signal } = context ?? {};
    return takePage(request, (limit) => this.#repositories.list(request.after, { limit, signal }));
  }
}
