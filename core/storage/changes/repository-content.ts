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

/** What is copied from one repository into another one. */
export interface ContentCopy {
  readonly from: RepositoryName;
  readonly to: RepositoryName;
  /** Whether this process has copied it before, so that only what is missing by now is written. */
  readonly isRepeated: boolean;
}

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

  /** Whether the folder of a manifest has its link. One driver call. */
  hasRevision(name: RepositoryName, digest: Digest): Promise<boolean> {
    return this.#inventory.hasRevision(name, digest);
  }

  /** The digests of all folders of blobs, with a link or without, in groups. */
  layers(name: RepositoryName): AsyncGenerator<readonly Digest[], void, undefined> {
    return this.#inventory.layers(name);
  }

  /** The digest under which the content of a blob of the repository is stored. One driver call. */
  layerTarget(name: RepositoryName, digest: Digest): Promise<Digest | undefined> {
    return this.#inventory.layerTarget(name, digest);
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
   * @param check called before each folder that goes, with all it has; rejects if it may not
   */
  async removeRest(name: RepositoryName, check: () => Promise<void>): Promise<void> {
    const { collections } = this.#paths;
    const folders = [this.#paths.pulls.of(name), ...this.#paths.everythingOf(name)];
    const remove = async (folder: StoragePath): Promise<void> => {
      await check();
      await this.#links.remove(folder);
    };
    for (const folder of folders) await remove(folder);
    for (const id of await this.#collections.ids())
      for (const folder of folders)
        for (const aside of [collections.asidesOf(id, folder), collections.remainsOf(id, folder)]) await remove(aside);
    // A collection may have put a link back between the two.
    for (const folder of folders) await remove(folder);
    await this.tags.unordered.remove(name);
    await this.#links.prune(this.#paths.repository(name));
  }

  /** Links a blob into the other repository. Collections keep its content. Two driver calls. */
  async copyLayer({ from, to, isRepeated }: ContentCopy, digest: Digest): Promise<void> {
    const { collections } = this.blobs;
    await collections.keep(digest);
    const path = this.#paths.layerLink(from, digest);
    const content = await collections.find(digest, path, () => this.#links.read(path));
    if (content === undefined) return;
    await collections.keep(content);
    // Puts content back that a collection is removing.
    if (await collections.isCandidate(content)) await this.blobs.size(content);
    await this.#link(this.#paths.layerLink(to, digest), digest, { content, isRepeated });
  }

  /** Links a manifest and its signatures into the other repository. Collections keep its content. */
  async copyRevision({ from, to, isRepeated }: ContentCopy, digest: Digest): Promise<void> {
    const { collections } = this.blobs;
    await collections.keep(digest);
    const path = this.#paths.revisionLink(from, digest);
    if ((await collections.find(digest, path, () => this.#links.read(path))) === undefined) return;
    for (const signature of await this.#inventory.signatures(from, digest)) {
      await collections.keep(signature);
      await this.#link(this.#paths.signatureLink(to, digest, signature), signature, { isRepeated });
    }
    await this.#link(this.#paths.revisionLink(to, digest), digest, { isRepeated });
  }

  /** Copies the entries of all referrers. */
  async copyReferrers({ from, to, isRepeated }: ContentCopy, onStep: () => Promise<void>): Promise<void> {
    await this.#copyFiles(this.#paths.allSubjects(from), this.#paths.allSubjects(to), { isRepeated, onStep });
  }

  /** Copies the records of all moves of tags. */
  async copyHistory({ from, to, isRepeated }: ContentCopy, onStep: () => Promise<void>): Promise<void> {
    const { tagHistory } = this.#paths;
    await this.#copyFiles(tagHistory.of(from), tagHistory.of(to), { isRepeated, onStep });
  }

  /** Copies when its manifests were pulled. */
  async copyPulls({ from, to, isRepeated }: ContentCopy, onStep: () => Promise<void>): Promise<void> {
    await this.#copyFiles(this.#paths.pulls.of(from), this.#paths.pulls.of(to), { isRepeated, onStep });
  }

  /**
   * Copies what a tag points at; nothing for one without a link, which a crash has left. Two driver calls.
   * @returns whether it was written
   */
  async copyTag({ from, to, isRepeated }: ContentCopy, tag: Tag): Promise<boolean> {
    const digest = await this.#links.read(this.#paths.tagCurrentLink(from, tag));
    if (digest === undefined) return false;
    const path = this.#paths.tagCurrentLink(to, tag);
    if (isRepeated && (await this.#links.read(path)) === digest) return false;
    await this.#links.write(path, digest);
    return true;
  }

  /** Copies all that a tag ever pointed at, if the tag was copied. */
  async copyTagHistory({ from, to, isRepeated }: ContentCopy, tag: Tag): Promise<void> {
    if (!(await this.tags.hasLink(to, tag))) return;
    const onStep = async (): Promise<void> => undefined;
    await this.#copyFiles(this.#paths.tagIndex(from, tag), this.#paths.tagIndex(to, tag), { isRepeated, onStep });
  }

  /** Writes a link. When it was written before, puts it back if a collection has set it aside. */
  async #link(
    path: StoragePath,
    digest: Digest,
    { content = digest, isRepeated }: { readonly content?: Digest; readonly isRepeated: boolean },
  ): Promise<void> {
    const read = (): Promise<Digest | undefined> => this.#links.read(path);
    if (isRepeated && (await this.blobs.collections.find(digest, path, read)) === content) return;
    await this.#links.write(path, content);
  }

  async #copyFiles(from: StoragePath, to: StoragePath, options: CopyFilesOptions): Promise<void> {
    await options.onStep();
    try {
      for await (const { name, isFolder } of this.#driver.list(from)) {
        if (isFolder) await this.#copyFiles(childPath(from, name), childPath(to, name), options);
        else await this.#copyFile(childPath(from, name), childPath(to, name), options);
      }
    } catch (error) {
      if (!DriverError.is(error, 'not-found')) throw error;
    }
  }

  async #copyFile(from: StoragePath, to: StoragePath, { isRepeated }: CopyFilesOptions): Promise<void> {
    const bytes = await readSmallFile(this.#driver, from, { maxBytes: MAX_FILE_BYTES });
    if (bytes === undefined) return;
    const there = isRepeated ? await readSmallFile(this.#driver, to, { maxBytes: MAX_FILE_BYTES }) : undefined;
    if (there === undefined || !bytes.equals(there)) await this.#driver.write(to, bytes);
  }
}

interface CopyFilesOptions extends Pick<ContentCopy, 'isRepeated'> {
  readonly onStep: () => Promise<void>;
}
