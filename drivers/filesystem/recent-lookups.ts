import type { Stats } from 'node:fs';
import { dirname } from 'node:path';
import { statSync } from './file-system.ts';
import { RecentFiles } from './recent-files.ts';

/**
 * Answers lookups synchronously if the kernel has the answer in memory, because this driver used the path a moment ago.
 * Such a lookup costs a microsecond instead of a call in another thread.
 */
export class RecentLookups {
  readonly #files: RecentFiles;
  readonly #folders: RecentFiles;

  /** @param isLocal when false, nothing is answered synchronously */
  constructor(isLocal: boolean) {
    this.#files = new RecentFiles(isLocal);
    this.#folders = new RecentFiles(isLocal);
  }

  /** The status of a path that existed a moment ago; `undefined` when it must be looked up in another thread. */
  stat(file: string): Stats | undefined {
    if (!this.#files.claim(file)) return undefined;
    try {
      return statSync(file);
    } catch {
      // Fall back to the slow path, which reports the same failure properly.
      return undefined;
    }
  }

  /** Whether the folder of `file` is known to be missing now; then neither the file nor a writer of it exists. */
  isInMissingFolder(file: string): boolean {
    const folder = dirname(file);
    const above = dirname(folder);
    const isMissing = this.#folders.claim(above) && isAbsent(folder);
    this.#folders.note(above, true);
    return isMissing;
  }

  /** Records that the file was found, or that it was not. */
  note(file: string, isFound: boolean): void {
    this.#files.note(file, isFound);
  }
}

function isAbsent(folder: string): boolean {
  try {
    return statSync(folder, { throwIfNoEntry: false }) === undefined;
  } catch {
    // Fall back to the slow path, which reports the same failure properly.
    return false;
  }
}
