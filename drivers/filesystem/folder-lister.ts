import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ListEntry } from '../../core/driver/index.ts';
import { heldName } from './exclusive-writers.ts';
import { ignore } from './fs-races.ts';
import type { RecentFiles } from './recent-files.ts';
import { StatValidatedCache } from './stat-validated-cache.ts';

const MOST_BYTES = 32 * 1024 * 1024;
/** What a name costs besides its characters. */
const BYTES_OF_AN_ENTRY = 96;

/** The entries of folders in byte order. Those of one that was listed a moment ago and has not changed are kept. */
export class FolderLister {
  readonly #hot: RecentFiles;
  readonly #root: string;
  readonly #kept = new StatValidatedCache<readonly ListEntry[]>(MOST_BYTES);

  /** @param root the folder above which no link is looked at */
  constructor(hot: RecentFiles, root: string) {
    this.#hot = hot;
    this.#root = root;
  }

  /** What is known without waiting. */
  current(folder: string): readonly ListEntry[] | undefined {
    if (!this.#hot.claim(folder)) return undefined;
    try {
      return this.#kept.current(folder);
    } catch {
      // Whatever it is, the other way will meet it, too, and can say what it means.
      return undefined;
    }
  }

  async read(folder: string): Promise<readonly ListEntry[]> {
    const stats = await stat(folder);
    const found = await readdir(folder, { withFileTypes: true });
    const links = found.filter((entry) => entry.isSymbolicLink());
    const entries = withHeld(found.filter((entry) => !entry.isSymbolicLink()).map(toEntry));
    if (links.length > 0) entries.push(...(await this.#followed(folder, links)));
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    // What a symbolic link leads to changes without any trace in the folder.
    const canBeKept = this.#kept.isSettled(stats) && links.length === 0;
    this.#hot.note(folder, canBeKept);
    const bytes = entries.reduce((sum, { name }) => sum + name.length + BYTES_OF_AN_ENTRY, BYTES_OF_AN_ENTRY);
    if (canBeKept && bytes <= MOST_BYTES / 4) this.#kept.keep(folder, { stats, value: entries, bytes });
    return entries;
  }

  /**
   * What symbolic links lead to; without those that lead back to a folder on the way from the root, as they would make
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

/** A file that a writer has is one, wherever its bytes are. */
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

/** The index of the first entry whose name is greater than `after`. */
export function indexBehind(entries: readonly ListEntry[], after: string): number {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((entries[middle]?.name ?? '') <= after) low = middle + 1;
    else high = middle;
  }
  return low;
}
