import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errnoOf } from './errno.ts';

/**
 * Makes the entries of a folder (a new, renamed or removed file) survive a crash: a rename is atomic, but
 * without this a crash can bring the old entry back.
 */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch((error: unknown) => {
    // Deleted meanwhile, with the entry: there is nothing left to keep.
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (handle === undefined) return;
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** How often a folder may be deleted under a write before the write fails. */
const MOST_ATTEMPTS = 10;

/** Makes missing folders, so that each survives a crash before anything inside it is reported as stored. */
export class DurableFolders {
  readonly #unsettled = new Map<string, Promise<void>>();

  /**
   * Runs `action`, which puts something into `folder`; when that is missing, makes it and runs `action` again, also
   * when somebody deletes it meanwhile. After {@link syncFolder} what was put there survives a crash.
   */
  async put(folder: string, action: () => Promise<void>): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        // Making it can fail in the same way: what it stands in may be deleted at the same time.
        if (attempt > 1) await this.make(folder);
        await action();
        break;
      } catch (error) {
        if (errnoOf(error) !== 'ENOENT' || attempt === MOST_ATTEMPTS) throw error;
      }
    }
    await this.#settled(folder);
  }

  /** Makes `folder` and the missing ones above it. */
  make(folder: string): Promise<void> {
    const running = this.#unsettled.get(folder);
    if (running !== undefined) return running;
    const making = this.#make(folder).finally(() => this.#unsettled.delete(folder));
    this.#unsettled.set(folder, making);
    return making;
  }

  async #make(folder: string): Promise<void> {
    try {
      await mkdir(folder);
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === 'EEXIST') return;
      if (errno !== 'ENOENT' || dirname(folder) === folder) throw error;
      await this.make(dirname(folder));
      await mkdir(folder).catch((second: unknown) => {
        if (errnoOf(second) !== 'EEXIST') throw second;
      });
    }
    await syncFolder(dirname(folder));
  }

  /** Another call may have made `folder` a moment ago, and its entry may not be durable yet. */
  async #settled(folder: string): Promise<void> {
    if (this.#unsettled.size === 0) return;
    await this.#unsettled.get(folder);
    if (dirname(folder) !== folder) await this.#settled(dirname(folder));
  }
}
