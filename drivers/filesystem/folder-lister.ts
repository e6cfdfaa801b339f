import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ListEntry } from '../../core/driver/index.ts';
import { heldName } from './held-files.ts';
import type { HotFiles } from './hot-files.ts';
import { KeptByStat } from './kept-by-stat.ts';

const MOST_BYTES = 32 * 1024 * 1024;
/** What a name costs besides its characters. */
const BYTES_OF_AN_ENTRY = 96;

/** The entries of folders in byte order. Those of one that was listed a moment ago and has not changed are kept. */
export class FolderLister {
  readonly #hot: HotFiles;
  readonly #kept = new KeptByStat<readonly ListEntry[]>(MOST_BYTES);

  constructor(hot: HotFiles) {
    this.#hot = hot;
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
    for (const link of links) entries.push(await followed(link));
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    // What a symbolic link leads to changes without any trace in the folder.
    const canBeKept = this.#kept.isSettled(stats) && links.length === 0;
    this.#hot.note(folder, canBeKept);
    const bytes = entries.reduce((sum, { name }) => sum + name.length + BYTES_OF_AN_ENTRY, BYTES_OF_AN_ENTRY);
    if (canBeKept && bytes <= MOST_BYTES / 4) this.#kept.keep(folder, { stats, value: entries, bytes });
    return entries;
  }
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

async function followed({ name, parentPath }: Dirent): Promise<ListEntry> {
  const target = await stat(join(parentPath, name)).catch(() => undefined);
  return { name, isFolder: target?.isDirectory() ?? false };
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
