import { inject, injectable, LOGGER } from '../../di.ts';
import type { Digest } from '../../digest/digest.ts';
import { readStoredManifest } from '../../manifests/stored-manifest.ts';
import type { RepositoryName } from '../../model/reference.ts';
import type { Logger } from '../../ports/logger.ts';
import { BlobStore } from '../../storage/blob-store.ts';
import { CorruptContentError } from '../../storage/corrupt-content-error.ts';
import { RevisionStore } from '../../storage/revision-store.ts';
import type { StoredManifest } from '../manifest-service.ts';
import { ManifestCache } from './manifest-cache.ts';

/** Hears of each manifest that is read to be served. It must not throw. */
export type ReadListener = (name: RepositoryName, digest: Digest) => void;

/**
 * Reads the manifests of repositories as they are stored, from memory where possible. Any program may have stored
 * them. Bytes that do not match their digest are never returned: the result is `damaged`, and the log says so.
 */
@injectable()
export class ManifestReader {
  readonly #revisions: RevisionStore;
  readonly #blobs: BlobStore;
  readonly #cache: ManifestCache;
  readonly #log: Logger;
  #listener: ReadListener | undefined;

  constructor(
    @inject(RevisionStore) revisions: RevisionStore,
    @inject(BlobStore) blobs: BlobStore,
    @inject(ManifestCache) cache: ManifestCache,
    @inject(LOGGER) log: Logger,
  ) {
    this.#revisions = revisions;
    this.#blobs = blobs;
    this.#cache = cache;
    this.#log = log;
  }

  /** From now on, `listener` hears of each manifest that {@link load} returns. */
  reportTo(listener: ReadListener): void {
    this.#listener = listener;
  }

  /** Whether the repository has the manifest. At most one driver call. */
  async has(name: RepositoryName, digest: Digest): Promise<boolean> {
    if (this.#cache.has(name, digest)) return true;
    const { epoch } = this.#cache;
    const has = await this.#revisions.has(name, digest);
    if (has) this.#cache.remember(name, digest, epoch);
    return has;
  }

  /** Whether the repository is remembered to have the manifest. No driver call. */
  remembers(name: RepositoryName, digest: Digest): boolean {
    return this.#cache.has(name, digest);
  }

  /** Remembers that the repository has the manifest, unless something was forgotten since `epoch` was read. */
  remember(name: RepositoryName, digest: Digest, epoch: number): void {
    this.#cache.remember(name, digest, epoch);
  }

  /** Whether the repository has the manifest with its bytes. At most two driver calls, at the same time. */
  hasWhole(name: RepositoryName, digest: Digest): Promise<boolean> {
    const isInMemory = this.#cache.content(digest) !== undefined;
    return isInMemory ? this.has(name, digest) : this.#revisions.hasWhole(name, digest, { isPull: true });
  }

  /**
   * Loads a manifest of the repository, to serve it; it stays in memory. The sizes of blobs that it states are
   * recorded, so that the following pull does not get a blob that a disk has truncated. At most two driver calls.
   */
  async load(name: RepositoryName, digest: Digest): Promise<StoredManifest | 'damaged' | undefined> {
    const cached = this.#cache.content(digest);
    if (!(await this.has(name, digest))) return undefined;
    if (cached !== undefined) {
      this.#listener?.(name, digest);
      return cached;
    }
    const bytes = await this.read(digest);
    if (bytes === undefined || bytes === 'damaged') return bytes;
    const { mediaType, blobs } = readStoredManifest(bytes);
    for (const blob of blobs) this.#blobs.expectSize(blob.digest, blob.size);
    const manifest = { digest, mediaType, bytes };
    this.#cache.keep(manifest);
    this.#listener?.(name, digest);
    return manifest;
  }

  /** The bytes of a manifest of any repository; nothing stays in memory. At most one driver call. */
  async read(digest: Digest): Promise<Buffer | 'damaged' | undefined> {
    try {
      return this.#cache.content(digest)?.bytes ?? (await this.#revisions.read(digest));
    } catch (error) {
      if (!(error instanceof CorruptContentError)) throw error;
      this.#log.error({ digest }, 'the stored bytes of a manifest are damaged; push it again to repair them');
      return 'damaged';
    }
  }

  /** Read it before storing a manifest, and pass it to `keep` afterwards. */
  get epoch(): number {
    return this.#cache.epoch;
  }

  /** Keeps a manifest that was stored for the repository in memory. */
  keep(name: RepositoryName, manifest: StoredManifest, epoch: number): void {
    this.#cache.keep(manifest);
    this.#cache.rememberStored(name, manifest.digest, epoch);
  }

  /** Resolves when no process that the broadcast reaches still believes that the repository has the manifest. */
  forget(name: RepositoryName, digest: Digest): Promise<void> {
    return this.#cache.forget(name, digest);
  }

  /** Resolves when no process that the broadcast reaches still believes that the repository has any manifest. */
  forgetRepository(name: RepositoryName): Promise<void> {
    return this.#cache.forgetRepository(name);
  }
}
