import type { RepositoryName } from '../../model/reference.ts';
import type { CallContext } from '../call-context.ts';
import type { CatalogService } from '../catalog-service.ts';
import type { Page, PageRequest } from '../page.ts';

/** Forwards every call to another catalog; a decorator overrides what it changes. */
export class ForwardingCatalogService implements CatalogService {
  protected readonly inner: CatalogService;

  constructor(inner: CatalogService) {
    this.inner = inner;
  }

  list(request: PageRequest, context?: CallContext): Promise<Page<RepositoryName>> {
    return this.inner.list(request, context);
  }
}
