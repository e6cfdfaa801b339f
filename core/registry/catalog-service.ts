import type { RepositoryName } from '../model/reference.ts';
import type { CallContext } from './call-context.ts';
import type { Page, PageRequest } from './page.ts';

/** The repositories of a registry. */
export interface CatalogService {
  /** The names in order, compared component by component, bytewise. */
  list(request: PageRequest, context?: CallContext): Promise<Page<RepositoryName>>;
}
