import type { Digest } from '../digest/digest.ts';
import type { RepositoryName } from '../model/reference.ts';

/** The token to which a plugin of the kind `descriptor-cache` binds its port. */
export const DESCRIPTOR_CACHE: unique symbol = Symbol.for('stowage/DescriptorCache');

/** A blob as it is stored. */
export interface StoredBlob {
  /** The digest under which the content is stored: the blob's own, or another one of the same bytes. */
  readonly digest: Digest;
  /** In bytes. */
  readonly size: number;
}

/**
 * Remembers which blobs repositories have, so that the storage need not be asked. It may forget anything at any time,
 * and every entry must expire: only then is a delete by another instance noticed. A call that rejects is logged and
 * counts as "not known"; it fails no request.
 */
export interface DescriptorCache {
  /**
   * Whether a look-up crosses the network. If the storage is local, such a cache is neither asked nor filled, because
   * the storage answers sooner; it is still notified of deletes. Default: `false`.
   */
  readonly isRemote?: boolean;

  get(repository: RepositoryName, digest: Digest): Promise<StoredBlob | undefined>;

  /**
   * Remembers that the repository has the blob, for a while.
   * @param askedMs milliseconds since the storage was asked, or more: a delete since then must not be undone
   */
  set(repository: RepositoryName, digest: Digest, blob: StoredBlob, askedMs: number): Promise<void>;

  /** Removes the entry. In this process, `get` no longer returns it from the moment of the call. */
  delete(repository: RepositoryName, digest: Digest): Promise<void>;

  /**
   * Forgets everything that only this process knows, because deletes by other processes may have been missed. Absent if
   * nothing is kept in the process.
   */
  clear?(): Promise<void>;
}
