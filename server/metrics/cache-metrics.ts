import type { Digest } from '../../core/digest/digest.ts';
import type { RepositoryName } from '../../core/model/reference.ts';
import type { DescriptorCache, StoredBlob } from '../../core/ports/descriptor-cache.ts';
import type { MetricFamily } from './metric-family.ts';

/** Counts what the cache of descriptors is asked in this process. */
export class CacheMetrics {
  readonly #counts = { Request: 0, Hit: 0, Miss: 0, Error: 0 };

  /** The same cache, counted. */
  counting(cache: DescriptorCache): DescriptorCache {
    const counts = this.#counts;
    return {
      ...(cache.isRemote === undefined ? {} : { isRemote: cache.isRemote }),
      get: async (repository: RepositoryName, digest: Digest): Promise<StoredBlob | undefined> => {
        counts.Request += 1;
        try {
          const found = await cache.get(repository, digest);
          counts[found === undefined ? 'Miss' : 'Hit'] += 1;
          return found;
        } catch (error) {
          counts.Error += 1;
          throw error;
        }
      },
      set: (repository, digest, blob, askedMs) => cache.set(repository, digest, blob, askedMs),
      delete: (repository, digest) => cache.delete(repository, digest),
      ...(cache.clear === undefined ? {} : { clear: () => cache.clear?.() ?? Promise.resolve() }),
    };
  }

  families(): MetricFamily[] {
    const { Request: requests, Hit: hits, Error: errors } = this.#counts;
    const total = (name: string, help: string, count: number): MetricFamily => ({
      name: `registry_storage_cache_${name}_total`,
      help,
      type: 'counter',
      series: [{ labels: {}, values: [count] }],
    });
    return [
      {
        name: 'registry_storage_cache_total',
        help: 'The number of cache request received',
        type: 'counter',
        series: Object.entries(this.#counts).map(([type, count]) => ({ labels: { type }, values: [count] })),
      },
      total('requests', 'The number of cache request received', requests),
      total('hits', 'The number of cache request received', hits),
      total('errors', 'The number of cache request errors', errors),
    ];
  }
}
