import type { Digest } from '../digest/digest.ts';
import type { RepositoryName } from '../model/reference.ts';

/** What a plugin of the kind `descriptor-cache` binds. */
export const DESCRIPTOR_CACHE: unique symbol = Symbol.for('stowage/DescriptorCache');

/** A blob as it is stored. */
export interface StoredBlob {
  /** What the content is stored as: the blob's digest, or another one of the same bytes. */
  readonly digest: Digest;
  /** In bytes. */
  readonly size: number;
}

/**
 * Remembers which blobs repositories have, so that the storage need not be asked. It may forget anything at any time,
 * and it must in the end: what another instance deletes is only noticed when the entry goes. A call that rejects is
 * logged and counts as "not known"; no request fails by it.
 */
export interface DescriptorCache {
  /**
   * Whether asking it takes a way over the network. Where the storage is local, such a cache is not asked and not
   * filled, because the storage answers sooner; it is still told of deletes. By default it is not remote.
   */
  readonly isRemote?: boolean;

  get(repository: RepositoryName, digest: Digest): Promise<StoredBlob | undefined>;

  /**
   * Remembers that the repository has the blob, for a while.
   * @param askedMs how long ago the storage was asked, at least: a delete since then must not be undone
   */
  set(repository: RepositoryName, digest: Digest, blob: StoredBlob, askedMs: number): Promise<void>;

  /** From now on `get` does not give it any more; within one process at once, also before it has resolved. */
  delete(repository: RepositoryName, digest: Digest): Promise<void>;

  /**
   * Forgets everything that only this process knows, because deletes of other processes may have been missed. Absent
   * where nothing is.
   */
  clear?(): Promise<void>;
}
