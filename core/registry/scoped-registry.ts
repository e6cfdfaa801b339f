import type { RepositoryName } from '../model/reference.ts';
import type { LayerService } from './layer-service.ts';
import type { ManifestService } from './manifest-service.ts';
import type { ReferrerService } from './referrer-service.ts';
import type { Registry } from './registry.ts';
import type { TagService } from './tag-service.ts';

/** Which registry has which repository. */
export interface ScopedRegistryDependencies {
  /** Has the repositories that match. */
  readonly scoped: Registry;
  /** Has all others, and the catalog. */
  readonly others: Registry;
  readonly matches: (name: RepositoryName) => boolean;
}

/** Asks one registry about some repositories and another one about the rest. A mount counts by its target. */
export class ScopedRegistry implements Registry {
  readonly layers: LayerService;
  readonly manifests: ManifestService;
  readonly tags: TagService;
  readonly referrers: ReferrerService;
  readonly catalog: Registry['catalog'];

  constructor({ scoped, others, matches }: ScopedRegistryDependencies) {
    const of = (name: RepositoryName): Registry => (matches(name) ? scoped : others);
    this.layers = {
      // Chunks that are large enough for both.
      get minChunkBytes() {
        return Math.max(scoped.layers.minChunkBytes, others.layers.minChunkBytes);
      },
      exists: (name, ...rest) => of(name).layers.exists(name, ...rest),
      stat: (name, ...rest) => of(name).layers.stat(name, ...rest),
      fetch: (name, ...rest) => of(name).layers.fetch(name, ...rest),
      upload: (name, ...rest) => of(name).layers.upload(name, ...rest),
      resume: (name, ...rest) => of(name).layers.resume(name, ...rest),
      resumeToFinish: (name, ...rest) => of(name).layers.resumeToFinish(name, ...rest),
      status: (name, ...rest) => of(name).layers.status(name, ...rest),
      mount: (name, ...rest) => of(name).layers.mount(name, ...rest),
      delete: (name, ...rest) => of(name).layers.delete(name, ...rest),
    };
    this.manifests = {
      exists: (name, ...rest) => of(name).manifests.exists(name, ...rest),
      get: (name, ...rest) => of(name).manifests.get(name, ...rest),
      put: (name, ...rest) => of(name).manifests.put(name, ...rest),
      delete: (name, ...rest) => of(name).manifests.delete(name, ...rest),
    };
    this.tags = { list: (name, ...rest) => of(name).tags.list(name, ...rest) };
    this.referrers = { list: (name, ...rest) => of(name).referrers.list(name, ...rest) };
    this.catalog = others.catalog;
  }
}
