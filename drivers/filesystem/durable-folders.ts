import { lstat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DriverError } from '../../core/driver/index.ts';
import { allEnded } from './all-ended.ts';
import { errnoOf } from './errno.ts';
import { mkdir, rename, stat } from './file-system.ts';
import { FolderSyncs } from './folder-syncs.ts';
import { ignore, isInTheWay } from './fs-races.ts';

/** How often a folder may be deleted during a write before the write fails. */
const MAX_ATTEMPTS = 10;
/** How many new folders may wait for the first durable change in them before the oldest is made durable without one. */
const MAX_WAITING = 1000;

/** A folder whose own entry may not yet survive a crash. */
interface UnsettledFolder {
  /** Resolves once the folder exists, with whether it was missing. */
  readonly made: Promise<boolean>;
  /** `void`: this attempt did not create it, because it existed or the attempt failed. */
  state: 'pending' | 'made' | 'void';
  /** The earlier folder at this path, if it was created and deleted a moment ago. */
  readonly before: UnsettledFolder | undefined;
  /** Absent before the first caller needs it, and after a failure so that the next caller retries. */
  settled?: Promise<void> | undefined;
}

/** What a {@link DurableFolders} needs to know about the disks. */
export interface DurableFoldersOptions {
  /** Throws when `folder` must not be created, because the disk that it belongs to is missing. */
  readonly verify?: (folder: string) => Promise<void>;
  /** Whether a stat never waits for a network. Default true. */
  readonly isLocal?: () => boolean;
}

/**
 * Creates missing folders, so that each one survives a crash before anything inside it is reported as stored. What
 * another process created a moment ago counts as stored.
 */
export class DurableFolders {
  readonly #syncs: FolderSyncs;
  readonly #unsettled = new Map<string, UnsettledFolder>();
  readonly #verify: (folder: string) => Promise<void>;

  constructor({ verify = () => Promise.resolve(), isLocal }: DurableFoldersOptions = {}) {
    this.#syncs = new FolderSyncs(isLocal);
    this.#verify = verify;
  }

  /**
   * Runs `action`, which adds an entry to `folder`. When `folder` is missing, or another process deletes it meanwhile,
   * creates it and runs `action` again. The entry survives a crash once {@link settle} has resolved.
   */
  async put<Result>(folder: string, action: () => Promise<Result>): Promise<Result> {
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

  /**
   * Gives the finished folder `source` the name of the missing `folder`. Nothing is synced before {@link settle} or
   * {@link settleAbove} asks for it.
   * @param unsynced the folders in it whose own entries are not durable yet, by their new names
   * @returns whether the folder was placed; `false` when one exists by now
   * @throws Error `ENOENT` when the parent of `folder` is missing
   */
  async place(source: string, folder: string, unsynced: readonly string[] = []): Promise<boolean> {
    // Another call may be creating it; if that fails, this one tries.
    for (let known = this.#unsettled.get(folder); known?.state === 'pending'; known = this.#unsettled.get(folder)) {
      if ((await known.made.catch(ignore)) !== undefined) return false;
    }
    const made = renameToMissing(source, folder);
    for (const place of [folder, ...unsynced]) this.#record(place, made);
    return made;
  }

  /** Resolves once every earlier entry of `folder`, and the folder itself, survives a crash. */
  async settle(folder: string): Promise<void> {
    await allEnded([this.#syncs.sync(folder), this.settleAbove(folder)]);
  }

  /** Resolves once `folder` itself survives a crash. */
  async settleAbove(folder: string): Promise<void> {
    // Another call may have created it a moment ago, and its entry may not be durable yet.
    const waiting: Promise<void>[] = [];
    for (let place = folder; this.#unsettled.size > 0; place = dirname(place)) {
      const unsettled = this.#unsettled.get(place);
      if (unsettled !== undefined) waiting.push(this.#settleOne(place, unsettled));
      if (dirname(place) === place) break;
    }
    await allEnded(waiting);
  }

  /** Resolves once every earlier entry of `folder` survives a crash; only for a folder that no other caller knows. */
  sync(folder: string): Promise<void> {
    return this.#syncs.sync(folder);
  }

  /** Creates `folder` and its missing parents, which then survive a crash. */
  async make(folder: string): Promise<void> {
    await this.create(folder);
    await this.settleAbove(folder);
  }

  /** Call this after removing `folder`: it no longer needs to be made durable. */
  forget(folder: string): void {
    for (const place of this.#unsettled.keys()) {
      if (place === folder || place.startsWith(`${folder}/`)) this.#unsettled.delete(place);
    }
  }

  /** Creates `folder` and its missing parents. */
  protected async create(folder: string): Promise<void> {
    const known = this.#unsettled.get(folder);
    // A caller found the folder missing, so an entry here that says it exists is stale: it was deleted.
    await (known?.state === 'pending' ? known : this.#record(folder, this.#mkdir(folder))).made;
  }

  /** Called before the folder exists: a caller that finds the folder must not assume that it is durable. */
  #record(folder: string, made: Promise<boolean>): UnsettledFolder {
    const own: UnsettledFolder = { made, state: 'pending', before: this.#unsettled.get(folder) };
    this.#unsettled.delete(folder);
    this.#unsettled.set(folder, own);
    made.then(
      (isNew) => {
        if (isNew) own.state = 'made';
        else this.#withdraw(folder, own);
      },
      () => this.#withdraw(folder, own),
    );
    const [oldest] = this.#unsettled;
    // Callers that depend on it await it themselves and see its failure.
    if (this.#unsettled.size > MAX_WAITING && oldest !== undefined) this.#settleOne(...oldest).catch(ignore);
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
    throw new DriverError('invalid-path', { cause: new Error(`${folder} is a dangling symbolic link`) });
  }

  #settleOne(folder: string, unsettled: UnsettledFolder): Promise<void> {
    unsettled.settled ??= this.#syncEntry(folder, unsettled);
    return unsettled.settled;
  }

  async #syncEntry(folder: string, unsettled: UnsettledFolder): Promise<void> {
    const { made, before } = unsettled;
    try {
      // The caller that tried to create it sees this failure. A caller that found the folder does not depend on it.
      if ((await made.catch(ignore)) === true) await this.#syncs.sync(dirname(folder));
      else if (before !== undefined) await this.#settleOne(folder, before);
      this.#drop(folder, unsettled);
    } catch (error) {
      unsettled.settled = undefined;
      throw error;
    }
  }

  /** Withdraws an entry that did not create the folder: the one that did may still be unsettled. */
  #withdraw(folder: string, unsettled: UnsettledFolder): void {
    unsettled.state = 'void';
    if (this.#unsettled.get(folder) !== unsettled) return;
    let { before } = unsettled;
    while (before?.state === 'void') before = before.before;
    if (before === undefined) this.#unsettled.delete(folder);
    else this.#unsettled.set(folder, before);
  }

  #drop(folder: string, unsettled: UnsettledFolder): void {
    if (this.#unsettled.get(folder) === unsettled) this.#unsettled.delete(folder);
  }
}

async function renameToMissing(source: string, folder: string): Promise<boolean> {
  try {
    await rename(source, folder);
    return true;
  } catch (error) {
    if (isInTheWay(error)) return false;
    throw error;
  }
}
