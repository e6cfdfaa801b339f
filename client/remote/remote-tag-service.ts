import { isTag, type RepositoryName, type Tag } from '../../core/model/reference.ts';
import type { CallContext } from '../../core/registry/call-context.ts';
import type { Page, PageRequest } from '../../core/registry/page.ts';
import type { TagService } from '../../core/registry/tag-service.ts';
import { pullFrom } from '../auth/scopes.ts';
import { type NameListOptions, NameLists } from './name-list.ts';
import type { RemoteClient } from './remote-client.ts';

/** The tags of repositories of a remote registry, in the registry's order. */
export class RemoteTagService implements TagService {
  readonly #client: RemoteClient;
  readonly #lists: NameLists;

  constructor(client: RemoteClient) {
    this.#client = client;
    this.#lists = new NameLists(client);
  }

  /**
   * A page in the order of the registry, which need not be byte order; {@link all} returns every tag without paging.
   */
  list(name: RepositoryName, request: PageRequest, context: CallContext = {}): Promise<Page<Tag>> {
    return this.#lists.page(this.#list(name), request, context.signal);
  }

  /** All tags, fetched page by page as they are consumed. */
  all(name: RepositoryName, context: CallContext = {}): AsyncGenerator<Tag, void, undefined> {
    return this.#lists.all(this.#list(name), context.signal);
  }

  #list(name: RepositoryName): NameListOptions<Tag> {
    const { urls } = this.#client;
    return { url: (query) => urls.tags(name, query), access: pullFrom(name), field: 'tags', isName: isTag };
  }
}
