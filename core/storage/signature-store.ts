import { allDone } from '../async/all-done.ts';
import { mapConcurrently } from '../async/concurrency.ts';
import { inject, injectable } from '../di.ts';
import { CANONICAL_ALGORITHM, type Digest, digestOf, isDigest } from '../digest/digest.ts';
import { DriverError, parentPath } from '../driver/index.ts';
import type { RepositoryName } from '../model/reference.ts';
import { BlobStore } from './blob-store.ts';
import { CorruptContentError } from './corrupt-content-error.ts';
import { LinkStore } from './link-store.ts';
import { PathMapper } from './paths/path-mapper.ts';

/** In bytes; a signature with a chain of certificates has a few thousand. */
const MAX_SIGNATURE_BYTES = 256 * 1024;
const CONCURRENCY = 8;

/**
 * The signatures of schema 1 manifests, as the first versions of distribution store them: a blob and a link for each.
 */
@injectable()
export class SignatureStore {
  readonly #blobs: BlobStore;
  readonly #links: LinkStore;
  readonly #paths: PathMapper;

  constructor(
    @inject(BlobStore) blobs: BlobStore,
    @inject(LinkStore) links: LinkStore,
    @inject(PathMapper) paths: PathMapper,
  ) {
    this.#blobs = blobs;
    this.#links = links;
    this.#paths = paths;
  }

  /**
   * Adds signatures to those of a manifest, durably. Two concurrent driver calls for each. A caller that stores the
   * manifest adds them again afterwards: until then a delete of the manifest removes them, and so does a collection of which
   * this process does not know. Then it looks whether the manifest is still there, and if not, calls {@link remove}.
   */
  async add(name: RepositoryName, revision: Digest, signatures: readonly Uint8Array[]): Promise<void> {
    await this.#blobs.collections.keep(revision);
    await mapConcurrently(signatures, CONCURRENCY, async (bytes) => {
      const digest = digestOf(bytes);
      await allDone([
        this.#blobs.writeSmall(digest, bytes),
        this.#links.ensure(this.#paths.signatureLink(name, revision, digest), digest),
      ]);
    });
  }

  /** Links signatures to a manifest whose bytes are stored, durably. One driver call for each. Otherwise as {@link add}. */
  async link(name: RepositoryName, revision: Digest, signatures: readonly Digest[]): Promise<void> {
    await this.#blobs.collections.keep(revision);
    await mapConcurrently(signatures, CONCURRENCY, async (digest) => {
      await this.#blobs.collections.keep(digest);
      await this.#links.ensure(this.#paths.signatureLink(name, revision, digest), digest);
    });
  }

  /**
   * Removes signatures of a manifest that the repository does not have; their bytes stay. One driver call for each, and a
   * few for empty folders, so that a repository without a file leaves the catalog. Empty folders may stay until a collection.
   */
  async remove(name: RepositoryName, revision: Digest, signatures: readonly Digest[]): Promise<void> {
    await mapConcurrently(signatures, CONCURRENCY, (digest) =>
      this.#links.remove(parentPath(this.#paths.signatureLink(name, revision, digest))),
    );
    try {
      await this.#links.prune(this.#paths.revisionFolder(name, revision));
      if (!(await this.#links.hasFile(this.#paths.manifests(name))))
        await this.#links.prune(this.#paths.repository(name));
    } catch (error) {
      if (!DriverError.is(error)) throw error;
    }
  }

  /**
   * The first signatures of a manifest in the order of their digests; damaged ones are omitted. One driver call, and
   * one for each signature.
   * @param limit the maximum number, because every push can add one
   */
  async of(name: RepositoryName, revision: Digest, limit: number): Promise<Buffer[]> {
    const digests: Digest[] = [];
    for await (const hex of this.#links.folders(this.#paths.signatures(name, revision, CANONICAL_ALGORITHM))) {
      const digest = `${CANONICAL_ALGORITHM}:${hex}`;
      if (isDigest(digest)) digests.push(digest);
      if (digests.length === limit) break;
    }
    const found = await mapConcurrently(digests, CONCURRENCY, (digest) => this.#read(digest));
    return found.filter((bytes) => bytes !== undefined);
  }

  async #read(digest: Digest): Promise<Buffer | undefined> {
    try {
      return await this.#blobs.readSmall(digest, MAX_SIGNATURE_BYTES);
    } catch (error) {
      if (error instanceof CorruptContentError) return undefined;
      throw error;
    }
  }
}
