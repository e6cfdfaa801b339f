import { inject, injectable, REPOSITORY_STORE, TAG_STORE } from '../../di.ts';
import { RegistryError } from '../../model/errors.ts';
import type { RepositoryName, Tag } from '../../model/reference.ts';
import type { RepositoryStore } from '../../storage/repository-store.ts';
import type { TagStore } from '../../storage/tag-store.ts';
import { type Page, type PageRequest, takePage } from '../page.ts';

/** The tags of repositories. */
@injectable()
export class TagService {
  readonly #tags: TagStore;
  readonly #repositories: RepositoryStore;

  constructor(@inject(TAG_STORE) tags: TagStore, @inject(REPOSITORY_STORE) repositories: RepositoryStore) {
    this.#tags = tags;
    this.#repositories = repositories;
  }

  /**
   * Tags in byte order.
   * @throws RegistryError `NAME_UNKNOWN`
   */
  async list(name: RepositoryName, request: PageRequest): Promise<Page<Tag>> {
    const page = await takePage(request, (limit) => this.#tags.list(name, { after: request.after, limit }));
    if (page.items.length === 0 && !(await this.#repositories.exists(name))) {
      throw new RegistryError('NAME_UNKNOWN', { name });
    }
    return page;
  }
}
