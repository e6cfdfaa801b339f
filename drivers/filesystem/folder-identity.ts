import { randomUUID } from 'node:crypto';
import type { Stats } from 'node:fs';
import { opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { DriverError } from '../../core/driver/index.ts';
import { open, readdir, stat, statSync } from './file-system.ts';
import { ignore } from './fs-races.ts';
import { isSameNode } from './quick-stat.ts';
import { RESERVED } from './reserved.ts';

/** The prefix of the empty file whose name identifies its folder. */
const NAME = 'name-';

/**
 * Checks whether the folder at the top of a disk is still the same one. It is recognised by the inode of the driver's
 * own folder in it. If that has changed, as after the same disk was mounted again, it is recognised by the name that it
 * was given.
 */
export class FolderIdentity {
  readonly #top: string;
  readonly #own: string;
  readonly #isLocal: boolean;
  readonly #isExpendable: boolean;
  #name: string | undefined;
  #topStats: Stats | undefined;
  #watched: string;
  #stats: Stats | undefined;

  /**
   * @param isLocal whether a stat never waits for a network
   * @param isExpendable whether any other folder is equally acceptable
   */
  constructor(top: string, { isLocal, isExpendable }: { readonly isLocal: boolean; readonly isExpendable: boolean }) {
    this.#top = top;
    this.#own = join(top, RESERVED);
    this.#isLocal = isLocal;
    this.#isExpendable = isExpendable;
    this.#watched = top;
  }

  /** Accepts the current folder as the right one. */
  async remember(): Promise<void> {
    this.#topStats = await stat(this.#top);
    const names = await this.#names();
    if (this.#name === undefined || !names.includes(this.#name)) this.#name = names[0] ?? this.#name;
    const own = await stat(this.#own).catch(ignore);
    this.#stats = own ?? this.#topStats;
    this.#watched = own === undefined ? this.#top : this.#own;
  }

  /** Gives the driver's own, existing folder a unique name, unless it has one. */
  async name(): Promise<void> {
    // A full disk leaves the folder without a name.
    if ((await this.#names()).length === 0) {
      const file = await open(join(this.#own, `${NAME}${this.#name ?? randomUUID()}`), 'w').catch(ignore);
      await file?.close();
    }
    await this.remember();
  }

  /** @throws DriverError `unavailable` when the folder is missing or has been replaced */
  async verify(): Promise<void> {
    if (this.#isExpendable || isSameNode(await this.#look(), this.#stats) || (await this.#isRecognised())) return;
    throw new DriverError('unavailable', {
      cause: new Error(`${this.#top} is missing, or has been replaced with another folder since the start`),
    });
  }

  async #look(): Promise<Stats | undefined> {
    if (!this.#isLocal) return stat(this.#watched).catch(ignore);
    try {
      return statSync(this.#watched, { throwIfNoEntry: false });
    } catch {
      return undefined;
    }
  }

  async #isRecognised(): Promise<boolean> {
    const names = await this.#names();
    const top = await stat(this.#top).catch(ignore);
    if (top === undefined) return false;
    // An operator may have removed only the driver's own folder.
    const isOnlyUnnamed = names.length === 0 && isSameNode(top, this.#topStats) && (await hasEntries(this.#top));
    if (!isOnlyUnnamed && (this.#name === undefined || !names.includes(this.#name))) return false;
    await this.remember();
    return true;
  }

  /** More than one when several processes named it at the same time. */
  async #names(): Promise<string[]> {
    const found = await readdir(this.#own).catch(() => []);
    return found.filter((name) => name.startsWith(NAME)).map((name) => name.slice(NAME.length));
  }
}

async function hasEntries(folder: string): Promise<boolean> {
  try {
    for await (const _ of await opendir(folder)) return true;
  } catch {
    // An unreadable folder proves nothing.
  }
  return false;
}
