import type { CatalogService } from './catalog-service.ts';
import type { LayerService } from './layer-service.ts';
import type { ManifestService } from './manifest-service.ts';
import type { ReferrerService } from './referrer-service.ts';
import type { TagService } from './tag-service.ts';

/**
 * A registry: that of this storage, a remote one, or a decorator of another. Its services are the same objects for its
 * whole lifetime, and calls to them may run concurrently.
 */
export interface Registry {
  readonly layers: LayerService;
  readonly manifests: ManifestService;
  readonly tags: TagService;
  readonly referrers: ReferrerService;
  readonly catalog: CatalogService;
}
