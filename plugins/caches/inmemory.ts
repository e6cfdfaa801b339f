import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { DESCRIPTOR_CACHE } from '../../core/di.ts';
import type { Digest } from '../../core/digest/digest.ts';
import type { RepositoryName } from '../../core/model/reference.ts';
import type { DescriptorCache, StoredBlob } from '../../core/ports/descriptor-cache.ts';
import { entryLimit } from '../../core/storage/entry-limit.ts';
import { bindPort } from '../loading/bind-port.ts';
import { definePlugin, PLUGIN_CONTRACT } from '../plugin.ts';

/** How long a delete by another instance may go unnoticed, in milliseconds; the same as for manifests. */
const MAX_AGE_MS = 5_000;
/** The limit for "no limit": expired entries are removed only when they are requested again. */
const MAX_ENTRIES = 1_000_000;

/**
 * Keeps blobs in the memory of this process, each for at most five seconds; the least recently used one is dropped
 * first.
 */
export class InMemoryDescriptors implements DescriptorCache {
  readonly #blobs: LRUCache<string, StoredBlob>;

  /** @param now the time in milliseconds, from any starting point */
  constructor(maxEntries: number, now: () => number = () => performance.now()) {
    this.#blobs = new LRUCache({ ...entryLimit(maxEntries), ttl: MAX_AGE_MS, ttlResolution: 0, perf: { now } });
  }

  async get(repository: RepositoryName, digest: Digest): Promise<StoredBlob | undefined> {
    return this.#blobs.get(`${repository}@${digest}`);
  }

  async set(repository: RepositoryName, digest: Digest, blob: StoredBlob): Promise<void> {
    this.#blobs.set(`${repository}@${digest}`, blob);
  }

  async delete(repository: RepositoryName, digest: Digest): Promise<void> {
    this.#blobs.delete(`${repository}@${digest}`);
  }

  async clear(): Promise<void> {
    this.#blobs.clear();
  }
}

/** `storage: {cache: {blobdescriptor: inmemory}}`. Options: `maxEntries`. */
export default definePlugin({
  kind: 'descriptor-cache',
  name: 'inmemory',
  contract: PLUGIN_CONTRACT,
  options: z.strictObject({ maxEntries: z.int().positive().default(MAX_ENTRIES) }),
  module: ({ maxEntries }) => bindPort(DESCRIPTOR_CACHE, new InMemoryDescriptors(maxEntries)),
});
