import { inject, injectable, STORAGE_DRIVER } from '../di.ts';
import type { Digest } from '../digest/digest.ts';
import type { StorageDriver, StoragePath } from '../driver/index.ts';
import { isTag, type RepositoryName, type Tag } from '../model/reference.ts';
import { BlobList } from '../storage/blob-list.ts';
import { ChangeStore } from '../storage/changes/change-store.ts';
import { CollectionGuard } from '../storage/collection/collection-guard.ts';
import { CollectionStore } from '../storage/collection/collection-store.ts';
import { Inventory } from '../storage/collection/inventory.ts';
import { LinkStore } from '../storage/link-store.ts';
import { PathMapper } from '../storage/paths/path-mapper.ts';
import { RepositoryStore } from '../storage/repository-store.ts';
import { UnorderedTags } from '../storage/unordered-tags.ts';

/** One of the two storages of a copy. */
@injectable()
export class CopySide {
  readonly driver: StorageDriver;
  readonly links: LinkStore;
  readonly stored: BlobList;
  readonly repositories: RepositoryStore;
  readonly paths = new PathMapper();
  readonly collections: CollectionStore;
  readonly inventory: Inventory;
  /** Deletes and renames of repositories that have not ended. */
  readonly changes: ChangeStore;
  /** Repositories whose tags have lost their order. */
  readonly unordered: UnorderedTags;
  /** Protects what is found here from garbage collections. */
  readonly guard: CollectionGuard;

  constructor(
    @inject(STORAGE_DRIVER) driver: StorageDriver,
    @inject(LinkStore) links: LinkStore,
    @inject(BlobList) stored: BlobList,
    @inject(RepositoryStore) repositories: RepositoryStore,
  ) {
    this.driver = driver;
    this.links = links;
    this.stored = stored;
    this.repositories = repositories;
    this.collections = new CollectionStore(driver, this.paths);
    this.inventory = new Inventory(driver, this.paths, links);
    this.changes = new ChangeStore(driver, this.paths);
    this.unordered = new UnorderedTags(driver);
    this.guard = new CollectionGuard(this.collections, this.changes);
  }

  /** The names of the folders of tags. One driver call. */
  async tags(name: RepositoryName): Promise<Tag[]> {
    const tags: Tag[] = [];
    for await (const folders of this.links.folderBatches(this.paths.tags(name)))
      for (const folder of folders) if (isTag(folder)) tags.push(folder);
    return tags;
  }

  /** The digest that a link names, also one that a garbage collection has set aside; `undefined` without a valid one. */
  async readLink(path: StoragePath): Promise<Digest | undefined> {
    const digest = await this.links.read(path);
    if (digest !== undefined) return digest;
    const aside = await this.setAside(path);
    return aside && this.links.read(aside);
  }

  /** Where a garbage collection keeps the file of `path`; `undefined` if none does. */
  async setAside(path: StoragePath): Promise<StoragePath | undefined> {
    for (const id of await this.collections.ids()) {
      const aside = this.paths.collections.aside(id, path);
      if ((await this.driver.stat(aside))?.isFolder === false) return aside;
    }
    return undefined;
  }
}
