import type { RepositoryName } from '../model/reference.ts';
import type { CallContext } from './call-context.ts';
import type { Page, PageRequest } from './page.ts';

/** The repositories of a registry. */
export interface CatalogService {
  /** Names, component by component in byte order. */
  list(request: PageRequest, context?: CallContext): Promise<Page<RepositoryName>>;
}
