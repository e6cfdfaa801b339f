import { BLOB_STORE, inject, injectable, LINK_STORE, PATH_MAPPER } from '../di.ts';
import type { Digest } from '../digest.ts';
import type { RepositoryName } from '../reference.ts';
import type { BlobStore } from './blob-store.ts';
import type { LinkStore } from './link-store.ts';
import type { PathMapper } from './path-mapper.ts';

/** No stored manifest is larger, whatever the limit for new ones is now. */
const MAX_STORED_BYTES = 64 * 1024 * 1024;

/** The manifests of repositories, by digest. */
@injectable()
export class RevisionStore {
  readonly #blobs: BlobStore;
  readonly #links: LinkStore;
  readonly #paths: PathMapper;

  constructor(
    @inject(BLOB_STORE) blobs: BlobStore,
    @inject(LINK_STORE) links: LinkStore,
    @inject(PATH_MAPPER) paths: PathMapper,
  ) {
    this.#blobs = blobs;
    this.#links = links;
    this.#paths = paths;
  }

  /** Whether the repository has the manifest. One driver call. */
  async has(name: RepositoryName, digest: Digest): Promise<boolean> {
    return (await this.#links.read(this.#paths.revisionLink(name, digest))) === digest;
  }

  /** The bytes of a manifest, verified; `undefined` when they are not stored. One driver call. */
  read(digest: Digest): Promise<Buffer | undefined> {
    return this.#blobs.readSmall(digest, MAX_STORED_BYTES);
  }

  /** Stores the bytes, then gives the manifest to the repository. At most three driver calls. */
  async put(name: RepositoryName, digest: Digest, bytes: Uint8Array): Promise<void> {
    await this.#blobs.writeSmall(digest, bytes);
    await this.#links.write(this.#paths.revisionLink(name, digest), digest);
  }

  /** Takes the manifest from the repository; tells whether it was there. One driver call. */
  remove(name: RepositoryName, digest: Digest): Promise<boolean> {
    return this.#links.remove(this.#paths.revisionFolder(name, digest));
  }
}
