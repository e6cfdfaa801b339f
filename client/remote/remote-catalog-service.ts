import { isRepositoryName, type RepositoryName } from '../../core/model/reference.ts';
import type { CallContext } from '../../core/registry/call-context.ts';
import type { CatalogService } from '../../core/registry/catalog-service.ts';
import type { Page, PageRequest } from '../../core/registry/page.ts';
import { LIST_CATALOG } from '../auth/scopes.ts';
import { type NameListOptions, NameLists } from './name-list.ts';
import type { RemoteClient } from './remote-client.ts';

/** The repositories of a remote registry, in the registry's order. Many registries do not list any. */
export class RemoteCatalogService implements CatalogService {
  readonly #lists: NameLists;
  readonly #list: NameListOptions<RepositoryName>;

  constructor(client: RemoteClient) {
    this.#lists = new NameLists(client);
    this.#list = {
      url: (query) => client.urls.catalog(query),
      access: LIST_CATALOG,
      field: 'repositories',
      isName: isRepositoryName,
    };
  }

  list(request: PageRequest, context: CallContext = {}): Promise<Page<RepositoryName>> {
    return this.#lists.page(this.#list, request, context.signal);
  }

  /** All repositories, fetched page by page as they are consumed. */
  all(context: CallContext = {}): AsyncGenerator<RepositoryName, void, undefined> {
    return this.#lists.all(this.#list, context.signal);
  }
}
