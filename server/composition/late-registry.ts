import type { Registry } from '../../core/registry/registry.ts';

/**
 * Stands in for a registry that does not exist yet: plugins are loaded before the registry, because some are part of it, and
 * all can inject it.
 */
export class LateRegistry implements Registry {
  #registry: Registry | undefined;

  /** Delegates to this registry from now on. */
  become(registry: Registry): void {
    this.#registry = registry;
  }

  get layers(): Registry['layers'] {
    return this.#now.layers;
  }

  get manifests(): Registry['manifests'] {
    return this.#now.manifests;
  }

  get tags(): Registry['tags'] {
    return this.#now.tags;
  }

  get referrers(): Registry['referrers'] {
    return this.#now.referrers;
  }

  get catalog(): Registry['catalog'] {
    return this.#now.catalog;
  }

  get #now(): Registry {
    if (this.#registry !== undefined) return this.#registry;
    throw new Error('the registry cannot be used while plugins are loaded; wait for the first request or event');
  }
}
