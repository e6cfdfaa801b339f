import { mapConcurrently } from '../../async/concurrency.ts';
import { inject, injectable, STORAGE_DRIVER } from '../../di.ts';
import { algorithmOf, type Digest, hexOf } from '../../digest/digest.ts';
import { type ChangeOptions, DriverError, type StorageDriver, type StoragePath } from '../../driver/index.ts';
import { isChangeId } from '../changes/repository-change.ts';
import { PathMapper } from '../paths/path-mapper.ts';
import { deleteIfPresent, readSmallFile } from '../small-files.ts';
import { childrenOf, filesBelow } from '../walk-files.ts';
import { DigestFilter } from './digest-filter.ts';

/** Larger than any filter of candidates. */
const MAX_FILTER_BYTES = 64 * 1024 * 1024;
const MARK = Buffer.from('kept');
const RETURNED = Buffer.from('returned');
const NOT_DURABLE = { durable: false } as const;
const CONCURRENCY = 16;
/** If more candidates are marked, the marks are looked up one by one. */
const MAX_LISTED_MARKS = 1000;

/**
 * The files of garbage collections. A collection is under way as long as its filter of candidates exists. Every process
 * may mark a candidate as kept, and may put back what was set aside.
 */
@injectable()
export class CollectionStore {
  readonly #driver: StorageDriver;
  readonly #paths: PathMapper;
  /** The collection that was found to have more marks than are listed. */
  #crowded: string | undefined;

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
    for await (const { name, isFolder } of childrenOf(this.#driver, this.#paths.collections.all()))
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

  /**
   * Those of the candidates that any process has marked as kept: every mark counts that was written before the call. One
   * driver call for each algorithm; if more than a thousand are marked, one for each digest.
   */
  async keptAmong(id: string, digests: readonly Digest[]): Promise<ReadonlySet<Digest>> {
    const kept = new Set<Digest>();
    for (const [algorithm, group] of Map.groupBy(digests, algorithmOf)) {
      const marked = await this.#marks(id, algorithm);
      if (marked === undefined) {
        const answers = await mapConcurrently(group, CONCURRENCY, (digest) => this.isKept(id, digest));
        for (const [index, digest] of group.entries()) if (answers[index] === true) kept.add(digest);
      } else for (const digest of group) if (marked.has(hexOf(digest))) kept.add(digest);
    }
    return kept;
  }

  /** The hex digits of all digests by an algorithm that are marked; `undefined` if there are many. */
  async #marks(id: string, algorithm: string): Promise<ReadonlySet<string> | undefined> {
    if (this.#crowded === id) return undefined;
    const marked = new Set<string>();
    for await (const { name } of childrenOf(this.#driver, this.#paths.collections.keptMarksBy(id, algorithm))) {
      marked.add(name);
      if (marked.size <= MAX_LISTED_MARKS) continue;
      this.#crowded = id;
      return undefined;
    }
    return marked;
  }

  /**
   * Takes the content of a blob, or a link, from its place; resolves with whether it was there. One driver call.
   * @param options.durable `false` if a crash of the machine may undo it, even after {@link drop}
   */
  setAside(id: string, path: StoragePath, options: ChangeOptions): Promise<boolean> {
    return this.#move(path, this.#paths.collections.aside(id, path), options);
  }

  /** Whether a file is set aside. One driver call. */
  async isAside(id: string, path: StoragePath): Promise<boolean> {
    return (await this.#driver.stat(this.#paths.collections.aside(id, path))) !== undefined;
  }

  /**
   * Leaves a trace of a collection that has ended, before anything that it has set aside comes back: another collection may
   * have missed it, see {@link Collector}. One driver call.
   */
  async markReturned(id: string): Promise<void> {
    await this.#driver.write(this.#paths.collections.returned(id), RETURNED);
  }

  /** Undoes {@link setAside}, durably; resolves with whether there was anything to put back. One driver call. */
  putBack(id: string, path: StoragePath): Promise<boolean> {
    return this.#move(this.#paths.collections.aside(id, path), path);
  }

  /**
   * Removes what was set aside; resolves with whether it was still there: a request may have put it back. One driver call.
   * @param options as for {@link setAside}
   */
  drop(id: string, path: StoragePath, options: ChangeOptions): Promise<boolean> {
    return deleteIfPresent(this.#driver, this.#paths.collections.aside(id, path), options);
  }

  /**
   * Puts everything back that a collection has set aside.
   * @param onStep called after each
   * @param onFirst called before the first
   * @returns the number of files
   */
  async putBackAll(id: string, onStep: () => void, onFirst?: () => Promise<void>): Promise<number> {
    let [count, isFirst] = [0, true];
    for await (const aside of filesBelow(this.#driver, this.#paths.collections.asides(id))) {
      if (isFirst) await onFirst?.();
      isFirst = false;
      if (await this.#move(aside, this.#paths.collections.originalOf(id, aside))) count += 1;
      onStep();
    }
    return count;
  }

  /** Whether a collection has set aside anything that is still there. One driver call, and some more if it has. */
  async hasSetAside(id: string): Promise<boolean> {
    for await (const _ of filesBelow(this.#driver, this.#paths.collections.asides(id))) return true;
    return false;
  }

  /** Removes the files of a collection that has ended, except for what it has set aside. */
  async remove(id: string): Promise<void> {
    await deleteIfPresent(this.#driver, this.#paths.collections.candidates(id), NOT_DURABLE);
    await deleteIfPresent(this.#driver, this.#paths.collections.keptMarks(id), NOT_DURABLE);
    await deleteIfPresent(this.#driver, this.#paths.collections.returned(id), NOT_DURABLE);
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

  async #move(from: StoragePath, to: StoragePath, options?: ChangeOptions): Promise<boolean> {
    try {
      await this.#driver.move(from, to, options);
      return true;
    } catch (error) {
      if (DriverError.is(error, 'not-found')) return false;
      throw error;
    }
  }
}
