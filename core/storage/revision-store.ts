import { inject, injectable } from '../di.ts';
import { type Digest, digestAlgorithms, isDigest } from '../digest/digest.ts';
import type { RepositoryName } from '../model/reference.ts';
import type { Referrer } from '../model/referrer.ts';
import { BlobStore } from './blob-store.ts';
import { LinkStore } from './link-store.ts';
import { PathMapper } from './path-mapper.ts';
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

  /** Whether the repository has the manifest. One driver call. */
  async has(name: RepositoryName, digest: Digest): Promise<boolean> {
    return (await this.#links.read(this.#paths.revisionLink(name, digest))) === digest;
  }

  /** Whether the repository has the manifest, as far as the driver can tell without waiting. No driver call. */
  isKnown(name: RepositoryName, digest: Digest): boolean {
    return this.#links.isKnown(this.#paths.revisionLink(name, digest), digest);
  }

  /**
   * The bytes of a manifest, verified; `undefined` when they are not stored. One driver call.
   * @throws CorruptContentError when other bytes are stored
   */
  read(digest: Digest): Promise<Buffer | undefined> {
    return this.#blobs.readSmall(digest, MAX_STORED_BYTES);
  }

  /**
   * Stores the bytes, then links the manifest into the repository, then adds the entry under its subject. At most three
   * driver calls, four for a referrer.
   * @param referrer the subject and the entry of the manifest, if it has a subject
   */
  async put(name: RepositoryName, digest: Digest, bytes: Uint8Array, referrer?: Referrer): Promise<void> {
    await this.#blobs.writeSmall(digest, bytes);
    await this.#links.write(this.#paths.revisionLink(name, digest), digest);
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
    for (const algorithm of digestAlgorithms().sort()) {
      for await (const hex of this.#links.folders(this.#paths.revisions(name, algorithm))) {
        const digest = `${algorithm}:${hex}`;
        if (isDigest(digest)) yield digest;
      }
    }
  }
}
