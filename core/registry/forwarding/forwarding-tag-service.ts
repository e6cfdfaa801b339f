import type { RepositoryName, Tag } from '../../model/reference.ts';
import type { CallContext } from '../call-context.ts';
import type { Page, PageRequest } from '../page.ts';
import type { TagService } from '../tag-service.ts';

/** Forwards every call to another service; a decorator overrides what it changes. */
export class ForwardingTagService implements TagService {
  protected readonly inner: TagService;

  constructor(inner: TagService) {
    this.inner = inner;
  }

  list(name: RepositoryName, request: PageRequest, context?: CallContext): Promise<Page<Tag>> {
    return this.inner.list(name, request, context);
  }
}
