import type { RepositoryName, Tag } from '../model/reference.ts';
import type { CallContext } from './call-context.ts';
import type { Page, PageRequest } from './page.ts';

/** The tags of repositories. */
export interface TagService {
  /**
   * Tags in byte order.
   * @throws RegistryError `NAME_UNKNOWN`
   */
  list(name: RepositoryName, request: PageRequest, context?: CallContext): Promise<Page<Tag>>;
}
