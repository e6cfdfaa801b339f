import { closeNow, openFolder, openFolderNow, syncFolder } from './file-system.ts';
import { isMissing } from './fs-races.ts';

interface FolderSync {
  readonly running: Promise<void>;
  /** Begins when `running` ends. */
  next?: Promise<void>;
}

/**
 * Makes the entries of folders (new, renamed or removed files) survive a crash: a rename is atomic, but without this a
 * crash can bring the old entry back. Calls that arrive during a sync of the same folder share the next one.
 */
export class FolderSyncs {
  readonly #isLocal: () => boolean;
  readonly #syncs = new Map<string, FolderSync>();

  /** @param isLocal whether opening a folder never waits for a network */
  constructor(isLocal: () => boolean = () => true) {
    this.#isLocal = isLocal;
  }

  /** Resolves once all earlier changes in `folder` survive a crash. */
  sync(folder: string): Promise<void> {
    const now = this.#syncs.get(folder);
    if (now === undefined) return this.#begin(folder);
    now.next ??= now.running.catch(() => undefined).then(() => this.#begin(folder));
    return now.next;
  }

  #begin(folder: string): Promise<void> {
    const own: FolderSync = { running: this.#sync(folder) };
    this.#syncs.set(folder, own);
    const end = (): void => {
      if (own.next === undefined) this.#syncs.delete(folder);
    };
    own.running.then(end, end);
    return own.running;
  }

  async #sync(folder: string): Promise<void> {
    let descriptor: number;
    try {
      descriptor = this.#isLocal() ? openFolderNow(folder) : await openFolder(folder);
    } catch (error) {
      // The folder was deleted meanwhile, together with the entry: there is nothing left to sync.
      if (isMissing(error)) return;
      throw error;
    }
    try {
      await syncFolder(descriptor);
    } finally {
      closeNow(descriptor);
    }
  }
}
