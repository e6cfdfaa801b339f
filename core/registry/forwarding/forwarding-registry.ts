import type { CatalogService } from '../catalog-service.ts';
import type { LayerService } from '../layer-service.ts';
import type { ManifestService } from '../manifest-service.ts';
import type { ReferrerService } from '../referrer-service.ts';
import type { Registry } from '../registry.ts';
import type { TagService } from '../tag-service.ts';

/** Forwards to the services of another registry, except for those that it replaces. */
export class ForwardingRegistry implements Registry {
  readonly layers: LayerService;
  readonly manifests: ManifestService;
  readonly tags: TagService;
  readonly referrers: ReferrerService;
  readonly catalog: CatalogService;

  /** @param changes the services that replace those of `inner` */
  constructor(inner: Registry, changes: Partial<Registry> = {}) {
    this.layers = changes.layers ?? inner.layers;
    this.manifests = changes.manifests ?? inner.manifests;
    this.tags = changes.tags ?? inner.tags;
    this.referrers = changes.referrers ?? inner.referrers;
    this.catalog = changes.catalog ?? inner.catalog;
  }
}
