import { parentPath, type StorageDriver, type StoragePath } from '../driver/index.ts';
import type { RepositoryName } from '../model/reference.ts';
import { PathMapper } from './paths/path-mapper.ts';
import { deleteIfPresent, readStart } from './small-files.ts';

/** What the file says while tags are being copied. */
const BEGUN = 'begun';
const ENDED = 'ended';
const MAX_BYTES = 16;

/**
 * Which repositories have tags whose times do not tell which of them were pushed last, because they were copied: a small
 * file for each, whose time says until when that was so.
 */
export class UnorderedTags {
  readonly #driver: StorageDriver;
  readonly #paths = new PathMapper();

  constructor(driver: StorageDriver) {
    this.#driver = driver;
  }

  /**
   * The time until which the times of tags mean nothing, in milliseconds since 1970; infinite from {@link begin} to
   * {@link end}; `undefined` for a repository without a record. One driver call, and one more if the copy has ended.
   */
  async untilMs(name: RepositoryName): Promise<number | undefined> {
    const path = this.#path(name);
    const text = (await readStart(this.#driver, path, { maxBytes: MAX_BYTES }))?.toString('latin1');
    if (text === undefined) return undefined;
    if (text === BEGUN) return Number.POSITIVE_INFINITY;
    return (await this.#driver.stat(path))?.modifiedAt.getTime();
  }

  /** Records, before the first tag is copied, that the times mean nothing. One driver call. */
  async begin(name: RepositoryName): Promise<void> {
    await this.#driver.write(this.#path(name), Buffer.from(BEGUN));
  }

  /** Records, after the last tag was copied, that times mean something from now on. One driver call. */
  async end(name: RepositoryName): Promise<void> {
    await this.#driver.write(this.#path(name), Buffer.from(ENDED));
  }

  /** Removes the record. At most two driver calls. */
  async remove(name: RepositoryName): Promise<void> {
    const path = this.#path(name);
    if (await deleteIfPresent(this.#driver, path)) await this.#driver.prune?.(parentPath(path));
  }

  #path(name: RepositoryName): StoragePath {
    return this.#paths.copies.unordered(name);
  }
}
