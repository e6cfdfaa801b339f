import { LRUCache } from 'lru-cache';
import { BROADCAST, inject, injectable, STORAGE_DRIVER } from '../../di.ts';
import { type Digest, parseDigest } from '../../digest/digest.ts';
import type { StorageDriver } from '../../driver/index.ts';
import type { RepositoryName } from '../../model/reference.ts';
import type { Broadcast } from '../../ports/broadcast.ts';
import { entryLimit } from '../../storage/entry-limit.ts';
import type { StoredManifest } from '../manifest-service.ts';

const MAX_MANIFESTS = 10_000;
const MAX_BYTES = 64 * 1024 * 1024;
/** How long a delete by another instance may go unnoticed, in milliseconds. */
const MEMBERSHIP_AGE_MS = 5_000;
const MAX_MEMBERSHIPS = 50_000;
/** The subject of messages about a manifest deleted from a repository: `<name>@<digest>`. */
const FORGET = 'manifest-cache/forget';
/** The subject of messages about a repository that was deleted: `<name>`. */
const FORGET_REPOSITORY = 'manifest-cache/forget-repository';
/** The subject of messages about content that is no longer stored: `<digest>`. */
const FORGET_CONTENT = 'manifest-cache/forget-content';

/**
 * Caches manifests in memory. The content of a digest never changes and stays until space is needed. Which repository
 * has a digest can change, so it is remembered only if the storage is remote and deletes by all instances are broadcast
 * to this process. It is forgotten at such a delete, when messages may have been missed, and after five seconds.
 *
 * Manifests that this process itself stored in a remote storage are remembered for five seconds by the same rules, even
 * if deletes by other instances are not broadcast: a client usually pushes an index after its manifests.
 */
@injectable()
export class ManifestCache {
  readonly #contents = new LRUCache<Digest, StoredManifest>({
    max: MAX_MANIFESTS,
    maxSize: MAX_BYTES,
    sizeCalculation: ({ bytes }) => bytes.byteLength + 256,
  });
  readonly #memberships = new LRUCache<string, true>({ ...entryLimit(MAX_MEMBERSHIPS), ttl: MEMBERSHIP_AGE_MS });
  readonly #stored = new LRUCache<string, true>({ ...entryLimit(MAX_MEMBERSHIPS), ttl: MEMBERSHIP_AGE_MS });
  readonly #broadcast: Broadcast;
  readonly #isRemote: boolean;
  readonly #remembers: boolean;
  #epoch = 0;

  constructor(@inject(BROADCAST) broadcast: Broadcast, @inject(STORAGE_DRIVER) { capabilities }: StorageDriver) {
    this.#broadcast = broadcast;
    this.#isRemote = capabilities.locality === 'remote';
    this.#remembers = this.#isRemote && broadcast.reach === 'instances';
    broadcast.subscribe(
      FORGET,
      (membership) => this.#drop(membership),
      () => this.#dropAll(),
    );
    broadcast.subscribe(
      FORGET_REPOSITORY,
      () => this.#dropAll(),
      () => undefined,
    );
    broadcast.subscribe(
      FORGET_CONTENT,
      (text) => this.#contents.delete(parseDigest(text)),
      () => undefined,
    );
  }

  content(digest: Digest): StoredManifest | undefined {
    return this.#contents.get(digest);
  }

  keep(manifest: StoredManifest): void {
    this.#contents.set(manifest.digest, manifest);
  }

  /**
   * Resolves when every process that the broadcast reaches will read the manifest from the storage again. One that
   * misses the message keeps serving the bytes that it has verified.
   */
  async forgetContent(digest: Digest): Promise<void> {
    this.#contents.delete(digest);
    await this.#broadcast.publish(FORGET_CONTENT, digest);
  }

  /** Whether the repository is known to have the manifest. */
  has(name: RepositoryName, digest: Digest): boolean {
    return this.#remembers && this.#broadcast.isConnected && this.#memberships.get(`${name}@${digest}`) === true;
  }

  /** Read it before asking the storage, and pass it to `remember` with the result. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Remembers that the repository has the manifest, unless something was forgotten since `epoch` was read. */
  remember(name: RepositoryName, digest: Digest, epoch: number): void {
    if (this.#remembers && epoch === this.#epoch) this.#memberships.set(`${name}@${digest}`, true);
  }

  /** Whether this process stored the manifest in the repository a moment ago. */
  hasStored(name: RepositoryName, digest: Digest): boolean {
    return this.#broadcast.isConnected && this.#stored.get(`${name}@${digest}`) === true;
  }

  /** Remembers that this process stored the manifest durably, unless something was forgotten since `epoch` was read. */
  rememberStored(name: RepositoryName, digest: Digest, epoch: number): void {
    this.remember(name, digest, epoch);
    if (this.#isRemote && epoch === this.#epoch) this.#stored.set(`${name}@${digest}`, true);
  }

  /** Resolves when no process that the broadcast reaches still believes that the repository has the manifest. */
  async forget(name: RepositoryName, digest: Digest): Promise<void> {
    const membership = `${name}@${digest}`;
    this.#drop(membership);
    await this.#broadcast.publish(FORGET, membership);
  }

  /** Resolves when no process that the broadcast reaches still believes that the repository has any manifest. */
  async forgetRepository(name: RepositoryName): Promise<void> {
    this.#dropAll();
    await this.#broadcast.publish(FORGET_REPOSITORY, name);
  }

  #drop(membership: string): void {
    this.#epoch += 1;
    this.#memberships.delete(membership);
    this.#stored.delete(membership);
  }

  #dropAll(): void {
    this.#epoch += 1;
    this.#memberships.clear();
    this.#stored.clear();
  }
}
