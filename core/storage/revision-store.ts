import { allDone } from '../async/all-done.ts';
import { inject, injectable } from '../di.ts';
import { contentAlgorithms, type Digest, isDigest } from '../digest/digest.ts';
import type { RepositoryName } from '../model/reference.ts';
import type { Referrer } from '../model/referrer.ts';
import { BlobStore } from './blob-store.ts';
import { LinkStore } from './link-store.ts';
import { PathMapper } from './paths/path-mapper.ts';
import { ReferrerStore } from './referrer-store.ts';

/** No stored manifest is larger, regardless of the current limit for new ones. */
const MAX_STORED_BYTES = 64 * 1024 * 1024;

/** The manifests of repositories, by digest, and the referrer entries of those that have a subject. */
@injectable()
export class RevisionStore {
  readonly #blobs: BlobStore;
  readonly #links: LinkStore;
  readonly #paths: PathMapper;
  readonly #referrers: ReferrerStore;

  constructor(
    @inject(BlobStore) blobs: BlobStore,
    @inject(LinkStore) links: LinkStore,
    @inject(PathMapper) paths: PathMapper,
    @inject(ReferrerStore) referrers: ReferrerStore,
  ) {
    this.#blobs = blobs;
    this.#links = links;
    this.#paths = paths;
    this.#referrers = referrers;
  }

  /**
   * Whether the repository has a link to the manifest. After a crash in the middle of a push its bytes may be missing;
   * then the manifest counts as absent wherever the bytes matter. One driver call.
   */
  async has(name: RepositoryName, digest: Digest): Promise<boolean> {
    const { collections } = this.#blobs;
    const path = this.#paths.revisionLink(name, digest);
    const keeping = collections.keepIfPossible(digest);
    if (keeping !== undefined) await keeping;
    return (await collections.find(digest, path, () => this.#links.read(path))) === digest;
  }

  /**
   * @returns `undefined` if nothing is announced, or a promise
   * @throws RegistryError `UNAVAILABLE` (as a rejection) while the repository is being deleted or renamed
   */
  requireUnchanging(name: RepositoryName): Promise<void> | undefined {
    return this.#blobs.collections.requireUnchanging(name);
  }

  /** Whether the repository has the manifest, as far as the driver knows without waiting. No driver call. */
  isKnown(name: RepositoryName, digest: Digest): boolean {
    return this.#links.isKnown(this.#paths.revisionLink(name, digest), digest);
  }

  /**
   * Whether the repository has the manifest with its bytes. Two concurrent driver calls.
   * @param options.isPull whether it is only served
   */
  async hasWhole(name: RepositoryName, digest: Digest, { isPull = false } = {}): Promise<boolean> {
    if (!isPull) await this.#blobs.collections.keep(digest);
    const has = this.has(name, digest);
    const size = this.#blobs.size(digest, { isPull });
    await allDone([has, size]);
    return (await has) && (await size) !== undefined;
  }

  /**
   * The bytes of a manifest, verified; `undefined` when they are not stored. One driver call.
   * @throws CorruptContentError when other bytes are stored
   */
  read(digest: Digest): Promise<Buffer | undefined> {
    return this.#blobs.readSmall(digest, MAX_STORED_BYTES);
  }

  /**
   * Stores the bytes and links the manifest into the repository at the same time, then adds the entry under its
   * subject. Two driver calls, and one after them for a referrer; what is already durable is not written again. The
   * entry is last because a concurrent delete removes it first, see {@link remove}.
   * @param referrer the subject and the entry of the manifest, if it has a subject
   */
  async put(name: RepositoryName, digest: Digest, bytes: Uint8Array, referrer?: Referrer): Promise<void> {
    await this.#blobs.collections.keep(digest);
    await allDone([
      this.#blobs.writeSmall(digest, bytes),
      this.#links.ensure(this.#paths.revisionLink(name, digest), digest),
    ]);
    if (referrer !== undefined) await this.#referrers.put(name, referrer);
  }

  /**
   * Removes the manifest from the repository; resolves with whether it existed. One driver call, two for a referrer.
   * The entry is removed first: a concurrent push of the same manifest writes it last, so that a manifest that stays
   * has its entry.
   */
  async remove(name: RepositoryName, digest: Digest, referrer?: Referrer): Promise<boolean> {
    if (referrer !== undefined) await this.#referrers.remove(name, referrer);
    return this.#links.remove(this.#paths.revisionFolder(name, digest));
  }

  /** The digests of all manifests of the repository, in byte order. One driver call for each algorithm. */
  async *list(name: RepositoryName): AsyncGenerator<Digest, void, undefined> {
    for (const algorithm of contentAlgorithms().sort()) {
      for await (const hex of this.#links.folders(this.#paths.revisions(name, algorithm))) {
        const digest = `${algorithm}:${hex}`;
        if (isDigest(digest)) yield digest;
      }
    }
  }
}
