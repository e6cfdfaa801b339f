import { inject, injectable, STORAGE_DRIVER } from '../di.ts';
import type { Digest } from '../digest/digest.ts';
import { DriverError, type FileInfo, type StorageDriver, type StoragePath } from '../driver/index.ts';
import type { RepositoryName } from '../model/reference.ts';
import { LinkStore } from './link-store.ts';
import { PathMapper } from './paths/path-mapper.ts';
import { RepositoryStore } from './repository-store.ts';
import { deleteIfPresent, readSmallFile } from './small-files.ts';
import { childrenOf, eachFileBelow } from './walk-files.ts';

/** A manifest that a thousand tags point to has 150 KB of their names. */
const MAX_BYTES = 64 * 1024 * 1024;

/** The files of the trash. Content that was swept is moved there and back, never copied by this process. */
@injectable()
export class TrashStore {
  readonly #driver: StorageDriver;
  readonly #paths: PathMapper;
  readonly #repositories: RepositoryStore;
  readonly #links: LinkStore;

  constructor(
    @inject(STORAGE_DRIVER) driver: StorageDriver,
    @inject(PathMapper) paths: PathMapper,
    @inject(RepositoryStore) repositories: RepositoryStore,
    @inject(LinkStore) links: LinkStore,
  ) {
    this.#driver = driver;
    this.#paths = paths;
    this.#repositories = repositories;
    this.#links = links;
  }

  /** Writes what was deleted, durably. One driver call. */
  async putDeleted(name: RepositoryName, id: string, deleted: object): Promise<void> {
    await this.#driver.write(this.#paths.trash.deleted(name, id), Buffer.from(JSON.stringify(deleted)));
  }

  /** What {@link putDeleted} wrote; `undefined` when it is missing or torn. One driver call. */
  readDeleted(name: RepositoryName, id: string): Promise<unknown> {
    return this.#readJson(this.#paths.trash.deleted(name, id));
  }

  /** When it was written, by the clock of the storage. One driver call. */
  async deletedAt(name: RepositoryName, id: string): Promise<Date | undefined> {
    return (await this.#driver.stat(this.#paths.trash.deleted(name, id)))?.modifiedAt;
  }

  async removeDeleted(name: RepositoryName, id: string): Promise<void> {
    await deleteIfPresent(this.#driver, this.#paths.trash.deleted(name, id));
  }

  /** The repositories from which something may have been deleted. One driver call for each. */
  repositories(): AsyncGenerator<RepositoryName, void, undefined> {
    return this.#repositories.walkAll(this.#paths.trash.repositories());
  }

  /**
   * The ids of what was deleted from a repository, in the order of their times, which is that of their bytes. One driver call.
   * @param after only ids greater than this one
   */
  async *deletedIds(name: RepositoryName, after?: string): AsyncGenerator<string, void, undefined> {
    for await (const { name: id, isFolder } of childrenOf(this.#driver, this.#paths.trash.deletedFrom(name), { after }))
      if (!isFolder) yield id;
  }

  /** The collections that have swept something, the newest first. One driver call. */
  async sweepers(): Promise<string[]> {
    const ids: string[] = [];
    for await (const { name, isFolder } of childrenOf(this.#driver, this.#paths.trash.allSwept()))
      if (isFolder) ids.push(name);
    return ids.reverse();
  }

  /** Records that a collection sweeps at this time. One driver call. */
  async putSweptAt(collection: string, atMs: number): Promise<void> {
    await this.#driver.write(this.#paths.trash.sweptAt(collection), Buffer.from(JSON.stringify({ atMs })));
  }

  /** When the collection last swept, by the later of both clocks; `undefined` when nothing says it. Two driver calls. */
  async sweptAt(collection: string): Promise<number | undefined> {
    const path = this.#paths.trash.sweptAt(collection);
    const [value, info] = await Promise.all([this.#readJson(path), this.#driver.stat(path)]);
    const { atMs } = (typeof value === 'object' && value !== null ? value : {}) as { readonly atMs?: unknown };
    return typeof atMs === 'number' && info !== undefined ? Math.max(atMs, info.modifiedAt.getTime()) : undefined;
  }

  /** Keeps a file that the collection has set aside from `path`, unless a request has put it back. One driver call. */
  async keepAside(collection: string, path: StoragePath): Promise<void> {
    await this.#move(this.#paths.collections.aside(collection, path), this.#paths.trash.swept(collection, path));
  }

  /** The file that the collection has swept from `path`. One driver call. */
  async swept(collection: string, path: StoragePath): Promise<FileInfo | undefined> {
    return this.#driver.stat(this.#paths.trash.swept(collection, path));
  }

  /** The repositories of which a collection may have swept links. One driver call for each. */
  repositoriesSwept(collection: string): AsyncGenerator<RepositoryName, void, undefined> {
    const { trash } = this.#paths;
    return this.#repositories.walkAll(trash.swept(collection, this.#paths.repositories()));
  }

  /** Moves a file back, durably, and replaces what is there; resolves with whether there was one. One driver call. */
  putBack(collection: string, path: StoragePath): Promise<boolean> {
    return this.#move(this.#paths.trash.swept(collection, path), path);
  }

  /** Keeps the link of a repository to a blob, as if a collection had swept it. One driver call. */
  async putSweptLink(
    collection: string,
    name: RepositoryName,
    { digest, target }: { readonly digest: Digest; readonly target: Digest },
  ): Promise<void> {
    await this.#links.write(this.#paths.trash.swept(collection, this.#paths.layerLink(name, digest)), target);
  }

  /** What a link says that the collection has swept from `path`. One driver call. */
  sweptLink(collection: string, path: StoragePath): ReturnType<LinkStore['read']> {
    return this.#links.read(this.#paths.trash.swept(collection, path));
  }

  /** Forgets a file that a collection has swept. */
  async removeSwept(collection: string, path: StoragePath): Promise<void> {
    await deleteIfPresent(this.#driver, this.#paths.trash.swept(collection, path));
  }

  /**
   * Calls `onFile` with the size in bytes of each file that a collection has swept. One driver call for each folder and each
   * file, at most `limit` at a time.
   */
  async sizesOfSwept(
    collection: string,
    { limit, onFile }: { readonly limit: number; readonly onFile: (size: number) => void },
  ): Promise<void> {
    const at = this.#paths.trash.sweptAt(collection);
    const action = async (path: StoragePath): Promise<void> => {
      const info = path === at ? undefined : await this.#driver.stat(path);
      if (info !== undefined) onFile(info.size);
    };
    await eachFileBelow(this.#driver, this.#paths.trash.sweptBy(collection), { limit, action });
  }

  /** Removes everything that a collection has swept. */
  async removeSweptBy(collection: string): Promise<void> {
    await deleteIfPresent(this.#driver, this.#paths.trash.sweptBy(collection));
  }

  /** Removes empty folders. */
  async prune(): Promise<void> {
    await this.#driver.prune?.(this.#paths.trash.all());
  }

  async #move(from: StoragePath, to: StoragePath): Promise<boolean> {
    try {
      await this.#driver.move(from, to);
      return true;
    } catch (error) {
      if (DriverError.is(error, 'not-found')) return false;
      throw error;
    }
  }

  async #readJson(path: StoragePath): Promise<unknown> {
    const bytes = await readSmallFile(this.#driver, path, { maxBytes: MAX_BYTES });
    try {
      return bytes && (JSON.parse(bytes.toString()) as unknown);
    } catch (error) {
      if (error instanceof SyntaxError) return undefined;
      throw error;
    }
  }
}
