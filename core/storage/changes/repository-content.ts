import { inject, injectable, STORAGE_DRIVER } from '../../di.ts';
import type { Digest } from '../../digest/digest.ts';
import { childPath, DriverError, type StorageDriver, type StoragePath } from '../../driver/index.ts';
import type { RepositoryName, Tag } from '../../model/reference.ts';
import { BlobStore } from '../blob-store.ts';
import { CollectionStore } from '../collection/collection-store.ts';
import { Inventory } from '../collection/inventory.ts';
import { LinkStore } from '../link-store.ts';
import { PathMapper } from '../paths/path-mapper.ts';
import { readSmallFile } from '../small-files.ts';
import { TagStore } from '../tag-store.ts';

/** No file is larger that belongs to a repository and is not its content. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;

/** Removes and copies what a repository has, as it is stored. Nothing but collections may change it meanwhile. */
@injectable()
export class RepositoryContent {
  readonly blobs: BlobStore;
  readonly tags: TagStore;
  readonly #driver: StorageDriver;
  readonly #inventory: Inventory;
  readonly #links: LinkStore;
  readonly #paths = new PathMapper();
  readonly #collections: CollectionStore;

  constructor(
    @inject(STORAGE_DRIVER) driver: StorageDriver,
    @inject(BlobStore) blobs: BlobStore,
    @inject(Inventory) inventory: Inventory,
    @inject(TagStore) tags: TagStore,
  ) {
    this.#driver = driver;
    this.blobs = blobs;
    this.tags = tags;
    this.#inventory = inventory;
    this.#links = new LinkStore(driver);
    this.#collections = new CollectionStore(driver, this.#paths);
  }

  /** The digests of all folders of manifests, with a link or without, in groups. */
  revisions(name: RepositoryName): AsyncGenerator<readonly Digest[], void, undefined> {
    return this.#inventory.revisions(name);
  }

  /** The digests of all folders of blobs, with a link or without, in groups. */
  layers(name: RepositoryName): AsyncGenerator<readonly Digest[], void, undefined> {
    return this.#inventory.layers(name);
  }

  /** Whether anything of the repository is stored, even without a manifest. At most five driver calls. */
  async isThere(name: RepositoryName): Promise<boolean> {
    for (const folder of this.#paths.everythingOf(name)) if (await this.#links.exists(folder)) return true;
    return false;
  }

  /** Whether it has manifests or blobs under digests of an algorithm that this process does not know. */
  hasUnknownDigests(name: RepositoryName): Promise<boolean> {
    return this.#inventory.hasUnknownDigests(name);
  }

  /** Removes a manifest with its signatures. One driver call. */
  async removeRevision(name: RepositoryName, digest: Digest): Promise<void> {
    await this.#links.remove(this.#paths.revisionFolder(name, digest));
  }

  /**
   * Removes everything, and what collections have set aside and could put back. Repositories whose names begin with this
   * one stay.
   */
  async removeRest(name: RepositoryName): Promise<void> {
    for (const folder of this.#paths.everythingOf(name)) await this.#links.remove(folder);
    for (const id of await this.#collections.ids())
      for (const folder of this.#paths.everythingOf(name))
        await this.#links.remove(this.#paths.collections.asidesOf(id, folder));
    await this.#links.prune(this.#paths.repository(name));
  }

  /** Links a blob of `from` into `to`. Collections keep its content. Two driver calls. */
  async copyLayer(from: RepositoryName, to: RepositoryName, digest: Digest): Promise<void> {
    const { collections } = this.blobs;
    await collections.keep(digest);
    const path = this.#paths.layerLink(from, digest);
    const content = await collections.find(digest, path, () => this.#links.read(path));
    if (content === undefined) return;
    await collections.keep(content);
    await this.#links.write(this.#paths.layerLink(to, digest), content);
  }

  /** Links a manifest of `from` and its signatures into `to`. Collections keep its content. */
  async copyRevision(from: RepositoryName, to: RepositoryName, digest: Digest): Promise<void> {
    const { collections } = this.blobs;
    await collections.keep(digest);
    const path = this.#paths.revisionLink(from, digest);
    if ((await collections.find(digest, path, () => this.#links.read(path))) === undefined) return;
    for (const signature of await this.#inventory.signatures(from, digest)) {
      await collections.keep(signature);
      await this.#links.write(this.#paths.signatureLink(to, digest, signature), signature);
    }
    await this.#links.write(this.#paths.revisionLink(to, digest), digest);
  }

  /** Copies the entries of all referrers. */
  async copyReferrers(from: RepositoryName, to: RepositoryName, onStep: () => Promise<void>): Promise<void> {
    await this.#copyFiles(this.#paths.allSubjects(from), this.#paths.allSubjects(to), onStep);
  }

  /** Copies a tag and all that it ever pointed at; not one without a link, which a crash has left. */
  async copyTag(from: RepositoryName, to: RepositoryName, tag: Tag): Promise<void> {
    const digest = await this.#links.read(this.#paths.tagCurrentLink(from, tag));
    if (digest === undefined) return;
    await this.#links.write(this.#paths.tagCurrentLink(to, tag), digest);
    await this.#copyFiles(this.#paths.tagIndex(from, tag), this.#paths.tagIndex(to, tag), async () => undefined);
  }

  async #copyFiles(from: StoragePath, to: StoragePath, onStep: () => Promise<void>): Promise<void> {
    await onStep();
    try {
      for await (const { name, isFolder } of this.#driver.list(from)) {
        if (isFolder) await this.#copyFiles(childPath(from, name), childPath(to, name), onStep);
        else await this.#copyFile(childPath(from, name), childPath(to, name));
      }
    } catch (error) {
      if (!DriverError.is(error, 'not-found')) throw error;
    }
  }

  async #copyFile(from: StoragePath, to: StoragePath): Promise<void> {
    const bytes = await readSmallFile(this.#driver, from, { maxBytes: MAX_FILE_BYTES });
    if (bytes !== undefined) await this.#driver.write(to, bytes);
  }
}
