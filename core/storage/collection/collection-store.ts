import { inject, injectable, STORAGE_DRIVER } from '../../di.ts';
import type { Digest } from '../../digest/digest.ts';
import { childPath, DriverError, type StorageDriver, type StoragePath } from '../../driver/index.ts';
import { isChangeId } from '../changes/repository-change.ts';
import { PathMapper } from '../paths/path-mapper.ts';
import { deleteIfPresent, readSmallFile } from '../small-files.ts';
import { DigestFilter } from './digest-filter.ts';

/** Larger than any filter of candidates. */
const MAX_FILTER_BYTES = 64 * 1024 * 1024;
const MARK = Buffer.from('kept');
const NOT_DURABLE = { durable: false } as const;

/**
 * The files of garbage collections. A collection is under way as long as its filter of candidates exists. Every process
 * may mark a candidate as kept, and may put back what was set aside.
 */
@injectable()
export class CollectionStore {
  readonly #driver: StorageDriver;
  readonly #paths: PathMapper;

  constructor(@inject(STORAGE_DRIVER) driver: StorageDriver, @inject(PathMapper) paths: PathMapper) {
    this.#driver = driver;
    this.#paths = paths;
  }

  /** Whether lists show every write that has resolved. */
  get isConsistent(): boolean {
    return this.#driver.capabilities.strongListing;
  }

  /** The collections that have left any file, whether they are under way or not. One driver call. */
  async ids(): Promise<string[]> {
    return (await this.announced()).collections;
  }

  /** The ids of collections and of changes of whole repositories, of which requests must know. One driver call. */
  async announced(): Promise<{ readonly collections: string[]; readonly changes: string[] }> {
    const [collections, changes]: [string[], string[]] = [[], []];
    for await (const { name, isFolder } of this.#children(this.#paths.collections.all()))
      if (isFolder) (isChangeId(name) ? changes : collections).push(name);
    return { collections, changes };
  }

  /** The candidates of a collection that is under way. One driver call. */
  async filter(id: string): Promise<DigestFilter | undefined> {
    const content = await readSmallFile(this.#driver, this.#paths.collections.filter(id), {
      maxBytes: MAX_FILTER_BYTES,
    });
    if (content === undefined) return undefined;
    const filter = DigestFilter.parse(content);
    // To take it for no collection would let a push rely on content that is about to go.
    if (filter === undefined)
      throw new Error(`${this.#paths.collections.filter(id)} is no filter that this version knows`);
    return filter;
  }

  /** Makes a collection known to all processes. One driver call. */
  async publish(id: string, candidates: ReadonlySet<Digest>): Promise<void> {
    await this.#driver.write(this.#paths.collections.filter(id), DigestFilter.of(candidates).toBytes());
  }

  /** Whether processes still keep candidates of the collection. One driver call. */
  async isPublished(id: string): Promise<boolean> {
    return (await this.#driver.stat(this.#paths.collections.filter(id))) !== undefined;
  }

  /** Ends a collection: from now on processes keep none of its candidates. Nothing may be set aside afterwards. */
  async unpublish(id: string): Promise<void> {
    await deleteIfPresent(this.#driver, this.#paths.collections.filter(id));
  }

  /** Marks a candidate as kept. One driver call. */
  async keep(id: string, digest: Digest): Promise<void> {
    await this.#driver.write(this.#paths.collections.keptMark(id, digest), MARK, NOT_DURABLE);
  }

  /** Whether any process has marked the candidate as kept. One driver call. */
  async isKept(id: string, digest: Digest): Promise<boolean> {
    return (await this.#driver.stat(this.#paths.collections.keptMark(id, digest))) !== undefined;
  }

  /** Takes the content of a blob, or a link, from its place; resolves with whether it was there. One driver call. */
  setAside(id: string, path: StoragePath): Promise<boolean> {
    return this.#move(path, this.#paths.collections.aside(id, path));
  }

  /** Undoes {@link setAside}; resolves with whether there was anything to put back. One driver call. */
  putBack(id: string, path: StoragePath): Promise<boolean> {
    return this.#move(this.#paths.collections.aside(id, path), path);
  }

  /** Removes what was set aside, and the folders that this has emptied. One or two driver calls. */
  async drop(id: string, path: StoragePath): Promise<void> {
    await deleteIfPresent(this.#driver, this.#paths.collections.aside(id, path), NOT_DURABLE);
  }

  /**
   * Puts everything back that a collection has set aside.
   * @param onStep called after each
   * @returns the number of files
   */
  async putBackAll(id: string, onStep: () => void): Promise<number> {
    let count = 0;
    for await (const aside of this.#filesBelow(this.#paths.collections.asides(id))) {
      if (await this.#move(aside, this.#paths.collections.originalOf(id, aside))) count += 1;
      onStep();
    }
    return count;
  }

  /** Removes the files of a collection that has ended, except for what it has set aside. */
  async remove(id: string): Promise<void> {
    await deleteIfPresent(this.#driver, this.#paths.collections.candidates(id), NOT_DURABLE);
    await deleteIfPresent(this.#driver, this.#paths.collections.keptMarks(id), NOT_DURABLE);
    await this.#driver.prune?.(this.#paths.collections.of(id));
  }

  /** Stores text of any length that describes the candidates. */
  async putCandidates(id: string, text: AsyncIterable<Uint8Array>): Promise<void> {
    await using writer = await this.#driver.openWriter(this.#paths.collections.candidates(id), { append: false });
    await writer.append(text);
    await writer.commit();
  }

  /** What {@link putCandidates} stored, line by line; nothing when it is missing. */
  async *candidates(id: string): AsyncGenerator<string, void, undefined> {
    let rest = '';
    try {
      const stream = await this.#driver.read(this.#paths.collections.candidates(id));
      for await (const chunk of stream as AsyncIterable<Uint8Array>) {
        const lines = (rest + Buffer.from(chunk).toString('latin1')).split('\n');
        rest = lines.pop() ?? '';
        yield* lines;
      }
    } catch (error) {
      if (!DriverError.is(error, 'not-found')) throw error;
    }
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

  async *#filesBelow(folder: StoragePath): AsyncGenerator<StoragePath, void, undefined> {
    for await (const { name, isFolder } of this.#children(folder)) {
      const path = childPath(folder, name);
      if (isFolder) yield* this.#filesBelow(path);
      else yield path;
    }
  }

  async *#children(folder: StoragePath): AsyncGenerator<{ name: string; isFolder: boolean }, void, undefined> {
    try {
      yield* this.#driver.list(folder);
    } catch (error) {
      if (!DriverError.is(error, 'not-found')) throw error;
    }
  }
}
