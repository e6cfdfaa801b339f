import type { CatalogService } from './catalog-service.ts';
import type { LayerService } from './layer-service.ts';
import type { ManifestService } from './manifest-service.ts';
import type { ReferrerService } from './referrer-service.ts';
import type { TagService } from './tag-service.ts';

/**
 * A registry: the one of this storage, a remote one, or one that decorates another. Its services are the same objects for
 * as long as it exists, and calls to them may run at the same time.
 */
export interface Registry {
  readonly layers: LayerService;
  readonly manifests: ManifestService;
  readonly tags: TagService;
  readonly referrers: ReferrerService;
  readonly catalog: CatalogService;
}
