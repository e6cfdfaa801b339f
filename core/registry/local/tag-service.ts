import { inject, injectable } from '../../di.ts';
import { RegistryError } from '../../model/errors.ts';
import type { RepositoryName, Tag } from '../../model/reference.ts';
import { RepositoryStore } from '../../storage/repository-store.ts';
import { TagStore } from '../../storage/tag-store.ts';
import type { CallContext } from '../call-context.ts';
import { type Page, type PageRequest, takePage } from '../page.ts';
import type { TagService } from '../tag-service.ts';

/** The tags in a storage. */
@injectable()
export class LocalTagService implements TagService {
  readonly #tags: TagStore;
  readonly #repositories: RepositoryStore;

  constructor(@inject(TagStore) tags: TagStore, @inject(RepositoryStore) repositories: RepositoryStore) {
    this.#tags = tags;
    this.#repositories = repositories;
  }

  async list(name: RepositoryName, request: PageRequest, context?: CallContext): Promise<Page<Tag>> {
    const { signal } = context ?? {};
    const page = await takePage(request, (limit) => this.#tags.list(name, { after: request.after, limit, signal }));
    if (page.items.length === 0 && !(await this.#repositories.exists(name))) {
      throw new RegistryError('NAME_UNKNOWN', { name });
    }
    return page;
  }
}
