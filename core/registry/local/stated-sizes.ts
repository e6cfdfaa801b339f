import { LRUCache } from 'lru-cache';
import { KeyedMutex, mapConcurrently } from '../../async/concurrency.ts';
import { inject, injectable, LOGGER } from '../../di.ts';
import type { Digest } from '../../digest/digest.ts';
import { readStoredManifest } from '../../manifests/stored-manifest.ts';
import type { RepositoryName } from '../../model/reference.ts';
import type { StoredBlob } from '../../ports/descriptor-cache.ts';
import type { Logger } from '../../ports/logger.ts';
import { BlobStore } from '../../storage/blob-store.ts';
import { entryLimit } from '../../storage/entry-limit.ts';
import { RevisionStore } from '../../storage/revision-store.ts';
import { ManifestReader } from './manifest-reader.ts';

const CONCURRENCY = 16;
/** About 150 bytes each. */
const MAX_REPOSITORIES = 20_000;
/** The longest that a request waits for the manifests of a large repository; reading them continues. */
const PATIENCE_MS = 1000;

/**
 * Learns the sizes of blobs from the manifests of their repository. A process that has just started knows no sizes, and
 * the storage records none, so a truncated blob would look right until a manifest is served or pushed.
 *
 * The manifests of a repository are read once per process, at the first request for a blob whose size is unknown. One
 * repository is read at a time.
 */
@injectable()
export class StatedSizes {
  readonly #blobs: BlobStore;
  readonly #revisions: RevisionStore;
  readonly #reader: ManifestReader;
  readonly #log: Logger;
  readonly #learned = new LRUCache<RepositoryName, Promise<void>>(entryLimit(MAX_REPOSITORIES));
  readonly #mutex = new KeyedMutex();

  constructor(
    @inject(BlobStore) blobs: BlobStore,
    @inject(RevisionStore) revisions: RevisionStore,
    @inject(ManifestReader) reader: ManifestReader,
    @inject(LOGGER) log: Logger,
  ) {
    this.#blobs = blobs;
    this.#revisions = revisions;
    this.#reader = reader;
    this.#log = log;
  }

  /**
   * Returns a blob that was found, or `undefined` when a manifest of the repository shows that its content is damaged.
   * No driver call if the size is known or the manifests have been read. Otherwise one for each manifest of the
   * repository, one to list them and one for the blob; after a second the blob counts as found.
   */
  async confirm(name: RepositoryName, blob: StoredBlob | undefined): Promise<StoredBlob | undefined> {
    if (blob === undefined || this.#blobs.knowsSize(blob.digest)) return blob;
    await this.#learn(name);
    if (!this.#blobs.knowsSize(blob.digest)) return blob;
    return (await this.#blobs.size(blob.digest, { isPull: true })) === undefined ? undefined : blob;
  }

  async #learn(name: RepositoryName): Promise<void> {
    let learned = this.#learned.get(name);
    if (learned === undefined) {
      learned = this.#mutex.run('', () => this.#read(name));
      this.#learned.set(name, learned);
    }
    const { promise: isLate, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, PATIENCE_MS);
    await Promise.race([learned, isLate]);
    clearTimeout(timer);
  }

  /** Never rejects: an unreadable manifest must not make an existing blob unavailable. */
  async #read(name: RepositoryName): Promise<void> {
    try {
      const digests: Digest[] = [];
      for await (const digest of this.#revisions.list(name)) digests.push(digest);
      await mapConcurrently(digests, CONCURRENCY, (digest) => this.#note(digest));
    } catch (error) {
      this.#learned.delete(name);
      this.#log.warn(
        { err: error, repository: name },
        'the manifests of a repository could not be read to learn the sizes of its blobs',
      );
    }
  }

  async #note(digest: Digest): Promise<void> {
    const bytes = await this.#reader.read(digest);
    if (bytes === undefined || bytes === 'damaged') return;
    for (const blob of readStoredManifest(bytes).blobs) this.#blobs.expectSize(blob.digest, blob.size);
  }
}
