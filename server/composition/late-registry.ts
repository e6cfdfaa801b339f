import type { Registry } from '../../core/registry/registry.ts';

/**
 * Stands for a registry that is not there yet: plugins are loaded before the registry is, because some of them are parts
 * of it, and all can inject it.
 */
export class LateRegistry implements Registry {
  #registry: Registry | undefined;

  /** From now on it is this registry. */
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
