import { open } from 'node:fs/promises';
import { errnoOf } from './errno.ts';

interface FolderSync {
  readonly running: Promise<void>;
  /** Begins when `running` has ended. */
  next?: Promise<void>;
}

/**
 * Makes the entries of folders (new, renamed or removed files) survive a crash: a rename is atomic, but without this a
 * crash can bring the old entry back. Calls that arrive during a sync of the same folder share the next one.
 */
export class FolderSyncs {
  readonly #syncs = new Map<string, FolderSync>();

  /** Resolves once all earlier changes in `folder` survive a crash. */
  sync(folder: string): Promise<void> {
    const now = this.#syncs.get(folder);
    if (now === undefined) return this.#begin(folder);
    now.next ??= now.running.catch(() => undefined).then(() => this.#begin(folder));
    return now.next;
  }

  #begin(folder: string): Promise<void> {
    const own: FolderSync = { running: syncFolder(folder) };
    this.#syncs.set(folder, own);
    const end = (): void => {
      if (own.next === undefined) this.#syncs.delete(folder);
    };
    own.running.then(end, end);
    return own.running;
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch((error: unknown) => {
    // Deleted meanwhile, together with the entry: there is nothing left to sync.
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
