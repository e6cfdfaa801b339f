import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ListEntry } from '../../core/driver/index.ts';
import { EntryTable } from './entry-table.ts';
import { ignore } from './fs-races.ts';
import type { RecentFiles } from './recent-files.ts';
import { StatValidatedCache } from './stat-validated-cache.ts';
import { heldName } from './writer-folder.ts';

const MAX_BYTES = 32 * 1024 * 1024;

/**
 * The entries of folders in byte order. The entries of a folder that was listed recently and has not changed are kept
 * in memory.
 */
export class FolderLister {
  readonly #hot: RecentFiles;
  readonly #root: string;
  readonly #kept = new StatValidatedCache<EntryTable>(MAX_BYTES);

  /** @param root the folder above which links are not resolved */
  constructor(hot: RecentFiles, root: string) {
    this.#hot = hot;
    this.#root = root;
  }

  /** The cached entries, without waiting. */
  current(folder: string): EntryTable | undefined {
    if (!this.#hot.claim(folder)) return undefined;
    try {
      return this.#kept.current(folder);
    } catch {
      // Fall back to the slow path, which reports the same failure properly.
      return undefined;
    }
  }

  /** The current entries: the cached ones if a stat shows that they are still valid. */
  async read(folder: string): Promise<EntryTable> {
    const stats = await stat(folder);
    const kept = this.#kept.matching(folder, stats);
    if (kept !== undefined) {
      this.#hot.note(folder, true);
      return kept;
    }
    const found = await readdir(folder, { withFileTypes: true });
    const links = found.filter((entry) => entry.isSymbolicLink());
    const entries = withHeld(found.filter((entry) => !entry.isSymbolicLink()).map(toEntry));
    if (links.length > 0) entries.push(...(await this.#followed(folder, links)));
    const table = new EntryTable(entries);
    // The target of a symbolic link changes without any trace in the folder.
    const canBeKept = this.#hot.isLocal && this.#kept.isSettled(stats) && links.length === 0;
    this.#hot.note(folder, canBeKept);
    const { bytes } = table;
    if (canBeKept && bytes <= MAX_BYTES / 2) this.#kept.keep(folder, { stats, value: table, bytes });
    return table;
  }

  /**
   * Resolves symbolic links; omits those that lead back to a folder on the path from the root, because they would make
   * endless trees.
   */
  async #followed(folder: string, links: readonly Dirent[]): Promise<ListEntry[]> {
    const onTheWay: string[] = [];
    for (let place = folder; isWithin(place, this.#root); place = dirname(place)) {
      onTheWay.push(await realpath(place));
      if (place === this.#root || dirname(place) === place) break;
    }
    const entries: ListEntry[] = [];
    for (const { name, parentPath } of links) {
      const target = await realFolder(join(parentPath, name));
      const isLoop = target !== undefined && onTheWay.some((place) => isWithin(place, target));
      if (!isLoop) entries.push({ name, isFolder: target !== undefined });
    }
    return entries;
  }
}

async function realFolder(path: string): Promise<string | undefined> {
  const found = await stat(path).catch(ignore);
  return found?.isDirectory() === true ? realpath(path).catch(ignore) : undefined;
}

function toEntry(entry: Dirent): ListEntry {
  return { name: entry.name, isFolder: entry.isDirectory() };
}

/** Adds the files that writers have, wherever their bytes are. */
function withHeld(entries: ListEntry[]): ListEntry[] {
  const held = entries.flatMap((entry) => heldName(entry) ?? []);
  if (held.length === 0) return entries;
  const others = entries.filter((entry) => heldName(entry) === undefined);
  const seen = new Set(others.map(({ name }) => name));
  const added = [...new Set(held)].filter((name) => !seen.has(name));
  return [...others, ...added.map((name) => ({ name, isFolder: false }))];
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === '/' ? folder : `${folder}/`);
}
