import { DriverError, type StorageDriver } from '../../driver/index.ts';
import { PathMapper } from '../../storage/paths/path-mapper.ts';
import { deleteIfPresent } from '../../storage/small-files.ts';

/** How long a sign counts, in milliseconds: longer than clocks differ, and than an instance takes to renew it. */
export const SIGN_COUNTS_MS = 15 * 60 * 1000;
/** How old a sign is, in milliseconds, whose instance was killed. */
const LEFT_BEHIND_MS = 24 * 60 * 60 * 1000;

/**
 * The instances that read an old storage for what this one lacks. Each has a small file here that it renews, so that others
 * remove nothing that such an instance would still find in the old storage.
 */
export class ReadingInstances {
  readonly #driver: StorageDriver;
  readonly #paths = new PathMapper();

  /** @param driver of the new storage, without the old one */
  constructor(driver: StorageDriver) {
    this.#driver = driver;
  }

  /** Says that an instance reads the old storage. One driver call. */
  async sign(id: string): Promise<void> {
    await this.#driver.write(this.#paths.copies.reader(id), Buffer.from(new Date().toISOString()));
  }

  async withdraw(id: string): Promise<void> {
    await deleteIfPresent(this.#driver, this.#paths.copies.reader(id));
  }

  /**
   * Whether an instance has signed in the last 15 minutes. Removes the signs of instances that were killed days ago, if the
   * storage lets it. One driver call, and up to two for each sign.
   */
  async areThere(nowMs = Date.now()): Promise<boolean> {
    for (const { id, ageMs } of await this.#signs(nowMs)) {
      if (ageMs < SIGN_COUNTS_MS) return true;
      if (ageMs >= LEFT_BEHIND_MS) await this.#removeLeft(id);
    }
    return false;
  }

  async #signs(nowMs: number): Promise<ReadonlyArray<{ readonly id: string; readonly ageMs: number }>> {
    const signs: { readonly id: string; readonly ageMs: number }[] = [];
    try {
      for await (const { name } of this.#driver.list(this.#paths.copies.readers())) {
        const info = await this.#driver.stat(this.#paths.copies.reader(name));
        if (info !== undefined) signs.push({ id: name, ageMs: nowMs - info.modifiedAt.getTime() });
      }
    } catch (error) {
      if (!DriverError.is(error, 'not-found')) throw error;
    }
    return signs;
  }

  async #removeLeft(id: string): Promise<void> {
    try {
      await this.withdraw(id);
    } catch (error) {
      if (!DriverError.is(error)) throw error;
    }
  }
}
