import type { Reference, RepositoryName } from '../../model/reference.ts';
import type { CallContext } from '../call-context.ts';
import type { GetOptions, ManifestService, NewManifest, PutManifest, StoredManifest } from '../manifest-service.ts';

/** Forwards every call to another service; a decorator overrides what it changes. */
export class ForwardingManifestService implements ManifestService {
  protected readonly inner: ManifestService;

  constructor(inner: ManifestService) {
    this.inner = inner;
  }

  exists(name: RepositoryName, reference: Reference, context?: CallContext): Promise<boolean> {
    return this.inner.exists(name, reference, context);
  }

  get(
    name: RepositoryName,
    reference: Reference,
    options?: GetOptions,
    context?: CallContext,
  ): Promise<StoredManifest> {
    return this.inner.get(name, reference, options, context);
  }

  put(name: RepositoryName, reference: Reference, manifest: NewManifest, context?: CallContext): Promise<PutManifest> {
    return this.inner.put(name, reference, manifest, context);
  }

  delete(name: RepositoryName, reference: Reference, context?: CallContext): Promise<void> {
    return this.inner.delete(name, reference, context);
  }
}
