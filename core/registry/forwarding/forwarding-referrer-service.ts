import type { Digest } from '../../digest/digest.ts';
import type { RepositoryName } from '../../model/reference.ts';
import type { CallContext } from '../call-context.ts';
import type { ReferrerService, ReferrersPage, ReferrersRequest } from '../referrer-service.ts';

/** Forwards every call to another service; a decorator overrides what it changes. */
export class ForwardingReferrerService implements ReferrerService {
  protected readonly inner: ReferrerService;

  constructor(inner: ReferrerService) {
    this.inner = inner;
  }

  list(
    name: RepositoryName,
    subject: Digest,
    request: ReferrersRequest,
    context?: CallContext,
  ): Promise<ReferrersPage> {
    return this.inner.list(name, subject, request, context);
  }
}
