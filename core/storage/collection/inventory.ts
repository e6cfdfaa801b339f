import { inject, injectable, STORAGE_DRIVER } from '../../di.ts';
import {
  algorithmFolder,
  CANONICAL_ALGORITHM,
  contentAlgorithms,
  type Digest,
  digestAlgorithms,
  isDigest,
} from '../../digest/digest.ts';
import { childPath, type FileInfo, type StorageDriver, type StoragePath } from '../../driver/index.ts';
import { isTag, type RepositoryName, type Tag } from '../../model/reference.ts';
import { LinkStore } from '../link-store.ts';
import { PathMapper } from '../paths/path-mapper.ts';
import { filesBelow } from '../walk-files.ts';

/** A driver may list names one by one. */
const BATCH = 500;

/** A tag as it is listed. */
export interface StoredTag {
  readonly tag: Tag;
  /** What it points to; `undefined` when its link is missing or torn. One driver call. */
  readonly read: () => Promise<Digest | undefined>;
}

/**
 * Lists everything that is stored, as it is stored, for garbage collection: it puts nothing back that a collection has
 * set aside, and omits nothing. Every method rejects if a folder cannot be read.
 */
@injectable()
export class Inventory {
  readonly #driver: StorageDriver;
  readonly #paths: PathMapper;
  readonly #links: LinkStore;

  constructor(
    @inject(STORAGE_DRIVER) driver: StorageDriver,
    @inject(PathMapper) paths: PathMapper,
    @inject(LinkStore) links: LinkStore,
  ) {
    this.#driver = driver;
    this.#paths = paths;
    this.#links = links;
  }

  /** The digests of all content, in byte order for each algorithm, in groups. */
  async *blobs(): AsyncGenerator<readonly Digest[], void, undefined> {
    for (const algorithm of contentAlgorithms().sort()) {
      const folder = this.#paths.blobs(algorithm);
      for await (const prefix of this.#links.folders(folder))
        yield* this.#digests(algorithm, childPath(folder, prefix));
    }
  }

  /** The digests of all folders of revisions of a repository, with a link or without, in groups. */
  async *revisions(name: RepositoryName): AsyncGenerator<readonly Digest[], void, undefined> {
    for (const algorithm of contentAlgorithms().sort())
      yield* this.#digests(algorithm, this.#paths.revisions(name, algorithm));
  }

  /**
   * The files that are left below the folder of a manifest that the repository does not have, such as its signatures; none
   * if its link is there, even if the link is torn. One driver call, and some more for each file.
   */
  async remains(name: RepositoryName, digest: Digest): Promise<FileInfo[]> {
    const link = this.#paths.revisionLink(name, digest);
    const found: FileInfo[] = [];
    for await (const path of filesBelow(this.#driver, this.#paths.revisionFolder(name, digest))) {
      if (path === link) return [];
      const file = await this.#file(path);
      if (file !== undefined) found.push(file);
    }
    return found;
  }

  /** The digests of all folders of layers of a repository, with a link or without, in groups. */
  async *layers(name: RepositoryName): AsyncGenerator<readonly Digest[], void, undefined> {
    for (const algorithm of digestAlgorithms().sort())
      yield* this.#digests(algorithm, this.#paths.layers(name, algorithm));
  }

  /** The tags of a repository, each with a function that makes one driver call and returns what it points to, in groups. */
  async *tags(name: RepositoryName): AsyncGenerator<readonly StoredTag[], void, undefined> {
    for await (const folders of this.#links.folderBatches(this.#paths.tags(name))) {
      yield folders.filter(isTag).map((tag) => {
        return { tag, read: () => this.#links.read(this.#paths.tagCurrentLink(name, tag)) };
      });
    }
  }

  /** The signatures of a manifest. */
  async signatures(name: RepositoryName, revision: Digest): Promise<Digest[]> {
    const digests: Digest[] = [];
    const folder = this.#paths.signatures(name, revision, CANONICAL_ALGORITHM);
    for await (const group of this.#digests(CANONICAL_ALGORITHM, folder)) digests.push(...group);
    return digests;
  }

  /** Whether revisions or layers of the repository have digests by algorithms that this process does not know. */
  async hasUnknownDigests(name: RepositoryName): Promise<boolean> {
    const hasOthers = async (folder: StoragePath, algorithms: readonly string[]): Promise<boolean> => {
      const known = new Set(algorithms.map((algorithm) => algorithmFolder(algorithm).split('/')[0]));
      for await (const entry of this.#links.folders(folder)) if (!known.has(entry)) return true;
      return false;
    };
    const revisions = await hasOthers(this.#paths.revisions(name), contentAlgorithms());
    return revisions || (await hasOthers(this.#paths.layers(name), digestAlgorithms()));
  }

  /** Whether the repository has the manifest. One driver call. */
  async hasRevision(name: RepositoryName, digest: Digest): Promise<boolean> {
    return (await this.#links.read(this.#paths.revisionLink(name, digest))) === digest;
  }

  /** The digest of the content of a blob of the repository. One driver call. */
  layerTarget(name: RepositoryName, digest: Digest): Promise<Digest | undefined> {
    return this.#links.read(this.#paths.layerLink(name, digest));
  }

  /** The file with the content; `undefined` if it does not exist. One driver call. */
  content(digest: Digest): Promise<FileInfo | undefined> {
    return this.#file(this.#paths.blobData(digest));
  }

  /** Whether a scrub has taken damaged content away, which may be repaired. One driver call. */
  async isQuarantined(digest: Digest): Promise<boolean> {
    return this.#links.exists(this.#paths.quarantineFolder(digest));
  }

  /** The file of the link; `undefined` if it does not exist. One driver call. */
  layerLink(name: RepositoryName, digest: Digest): Promise<FileInfo | undefined> {
    return this.#file(this.#paths.layerLink(name, digest));
  }

  /** The file of the link; `undefined` if it does not exist. One driver call. */
  revisionLink(name: RepositoryName, digest: Digest): Promise<FileInfo | undefined> {
    return this.#file(this.#paths.revisionLink(name, digest));
  }

  async #file(path: StoragePath): Promise<FileInfo | undefined> {
    const info = await this.#driver.stat(path);
    return info?.isFolder === false ? info : undefined;
  }

  async *#digests(algorithm: string, folder: StoragePath): AsyncGenerator<readonly Digest[], void, undefined> {
    let group: Digest[] = [];
    for await (const names of this.#links.folderBatches(folder)) {
      for (const name of names) {
        const digest = `${algorithm}:${name}`;
        if (isDigest(digest)) group.push(digest);
        if (group.length < BATCH) continue;
        yield group;
        group = [];
      }
    }
    if (group.length > 0) yield group;
  }
}
