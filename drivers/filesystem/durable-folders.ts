import { lstat, mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DriverError } from '../../core/driver/index.ts';
import { errnoOf } from './errno.ts';
import { FolderSyncs } from './folder-syncs.ts';
import { ignore } from './fs-races.ts';

/** How often a folder may be deleted during a write before the write fails. */
const MAX_ATTEMPTS = 10;

/** A folder whose own entry may not yet survive a crash. */
interface UnsettledFolder {
  /** Resolves once the folder exists, with whether it was missing. */
  readonly made: Promise<boolean>;
  isMade: boolean;
  /** The same folder, when it was created and deleted a moment ago. */
  readonly before: UnsettledFolder | undefined;
  /** Absent after a failure, so that the next caller tries again. */
  settled?: Promise<void> | undefined;
}

/** Creates missing folders, so that each one survives a crash before anything inside it is reported as stored. */
export class DurableFolders {
  readonly #syncs = new FolderSyncs();
  readonly #unsettled = new Map<string, UnsettledFolder>();
  readonly #verify: (folder: string) => Promise<void>;

  /** @param verify throws when `folder` must not be created, because the disk that it belongs to is missing */
  constructor(verify: (folder: string) => Promise<void> = () => Promise.resolve()) {
    this.#verify = verify;
  }

  /**
   * Runs `action`, which adds an entry to `folder`. When `folder` is missing, or another process deletes it meanwhile,
   * creates it and runs `action` again. The entry survives a crash once {@link settle} has resolved.
   */
  async put(folder: string, action: () => Promise<void>): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        // Creating it can fail in the same way: its parent may be deleted at the same time.
        if (attempt > 1) await this.create(folder);
        return await action();
      } catch (error) {
        if (errnoOf(error) !== 'ENOENT' || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }

  /** Resolves once every earlier entry of `folder`, and the folder itself, survives a crash. */
  async settle(folder: string): Promise<void> {
    await Promise.all([this.#syncs.sync(folder), this.#settleAbove(folder)]);
  }

  /** Creates `folder` and the missing ones above it, which then survive a crash. */
  async make(folder: string): Promise<void> {
    await this.create(folder);
    await this.#settleAbove(folder);
  }

  /** Creates `folder` and the missing ones above it, and starts to make them durable. */
  protected async create(folder: string): Promise<void> {
    await this.#begin(folder).made;
  }

  #begin(folder: string): UnsettledFolder {
    const known = this.#unsettled.get(folder);
    // A caller found the folder missing, so an entry here that says it exists is stale: it was deleted.
    if (known?.isMade === false) return known;
    // Recorded before it exists: a caller that finds the folder must not assume that it is durable.
    const own: UnsettledFolder = { made: this.#mkdir(folder), isMade: false, before: known };
    this.#unsettled.set(folder, own);
    // Callers that rely on it await it, and see its failure.
    this.#settleOne(folder, own).catch(() => undefined);
    return own;
  }

  async #mkdir(folder: string): Promise<boolean> {
    try {
      await mkdir(folder);
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === 'EEXIST') return this.#requireTarget(folder);
      if (errno !== 'ENOENT' || dirname(folder) === folder) throw error;
      await this.#verify(folder);
      await this.create(dirname(folder));
      await mkdir(folder).catch((second: unknown) => {
        if (errnoOf(second) !== 'EEXIST') throw second;
      });
    }
    return true;
  }

  async #requireTarget(folder: string): Promise<false> {
    const leadsNowhere =
      (await stat(folder).catch(errnoOf)) === 'ENOENT' && (await lstat(folder).catch(ignore))?.isSymbolicLink();
    if (leadsNowhere !== true) return false;
    throw new DriverError('invalid-path', { cause: new Error(`${folder} is a symbolic link that leads nowhere`) });
  }

  /** Another call may have created `folder` a moment ago, and its entry may not be durable yet. */
  async #settleAbove(folder: string): Promise<void> {
    const waiting: Promise<void>[] = [];
    for (let place = folder; this.#unsettled.size > 0; place = dirname(place)) {
      const unsettled = this.#unsettled.get(place);
      if (unsettled !== undefined) waiting.push(this.#settleOne(place, unsettled));
      if (dirname(place) === place) break;
    }
    await Promise.all(waiting);
  }

  #settleOne(folder: string, unsettled: UnsettledFolder): Promise<void> {
    unsettled.settled ??= this.#syncEntry(folder, unsettled);
    return unsettled.settled;
  }

  async #syncEntry(folder: string, unsettled: UnsettledFolder): Promise<void> {
    const { made, before } = unsettled;
    try {
      const isNew = await made;
      unsettled.isMade = true;
      if (isNew) await this.#syncs.sync(dirname(folder));
      else if (before !== undefined) await this.#settleOne(folder, before);
      this.#forget(folder, unsettled);
    } catch (error) {
      unsettled.settled = undefined;
      if (!unsettled.isMade) this.#forget(folder, unsettled);
      throw error;
    }
  }

  #forget(folder: string, unsettled: UnsettledFolder): void {
    if (this.#unsettled.get(folder) === unsettled) this.#unsettled.delete(folder);
  }
}
