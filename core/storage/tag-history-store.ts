import { inject, injectable, STORAGE_DRIVER } from '../di.ts';
import { DriverError, type StorageDriver } from '../driver/index.ts';
import { isTag, type RepositoryName, type Tag } from '../model/reference.ts';
import { LinkStore } from './link-store.ts';
import { PathMapper } from './paths/path-mapper.ts';
import { RepositoryStore } from './repository-store.ts';
import { deleteIfPresent, readSmallFile } from './small-files.ts';

/** A record has two digests, a name and an id. */
const MAX_BYTES = 1024 * 1024;

/** The files of the history of tags: one for each record, because a storage need not be able to append. */
@injectable()
export class TagHistoryStore {
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

  /** Writes a record, durably. One driver call. */
  async put(name: RepositoryName, tag: Tag, id: string, record: object): Promise<void> {
    await this.#driver.write(this.#paths.tagHistory.record(name, tag, id), Buffer.from(JSON.stringify(record)));
  }

  /** What {@link put} wrote; `undefined` when it is missing or torn. One driver call. */
  async read(name: RepositoryName, tag: Tag, id: string): Promise<unknown> {
    const path = this.#paths.tagHistory.record(name, tag, id);
    const bytes = await readSmallFile(this.#driver, path, { maxBytes: MAX_BYTES });
    try {
      return bytes && (JSON.parse(bytes.toString()) as unknown);
    } catch (error) {
      if (error instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  /** The ids of the records of a tag, in the order of their times. One driver call. */
  async ids(name: RepositoryName, tag: Tag): Promise<string[]> {
    const ids: string[] = [];
    try {
      for await (const entry of this.#driver.list(this.#paths.tagHistory.ofTag(name, tag)))
        if (!entry.isFolder) ids.push(entry.name);
    } catch (error) {
      if (!DriverError.is(error, 'not-found')) throw error;
    }
    return ids;
  }

  /** The tags that have records, in byte order, in groups. One driver call. */
  async *tags(name: RepositoryName, after?: Tag): AsyncGenerator<readonly Tag[], void, undefined> {
    for await (const folders of this.#links.folderBatches(this.#paths.tagHistory.of(name), after))
      yield folders.filter(isTag);
  }

  async remove(name: RepositoryName, tag: Tag, id: string): Promise<void> {
    await deleteIfPresent(this.#driver, this.#paths.tagHistory.record(name, tag, id));
  }

  /** Removes empty folders. */
  async prune(name: RepositoryName): Promise<void> {
    await this.#driver.prune?.(this.#paths.tagHistory.of(name));
  }

  /** Every name with any content, even without a manifest. One driver call for each. */
  repositories(): AsyncGenerator<RepositoryName, void, undefined> {
    return this.#repositories.walkAll();
  }
}
