import { type ListEntry, type ListOptions, parentPath, type StoragePath } from '../../../core/driver/index.ts';
import { MemoryDriver } from '../../../drivers/memory/memory-driver.ts';

/** Lists the folders that once had files. */
export class ListsEmptyFolders extends MemoryDriver {
  readonly #folders = new Set<StoragePath>();

  override async write(path: StoragePath, content: Uint8Array): Promise<void> {
    await super.write(path, content);
    this.#folders.add(parentPath(path));
  }

  override async *list(
    folder: StoragePath,
    { after = '' }: ListOptions = {},
  ): AsyncGenerator<ListEntry, void, undefined> {
    const entries = new Map<string, ListEntry>();
    for (const known of this.#folders) {
      const name = known.slice(folder.length + 1);
      if (parentPath(known) === folder) entries.set(name, { name, isFolder: true });
    }
    for await (const entry of super.list(folder)) entries.set(entry.name, entry);
    const sorted = [...entries.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    yield* sorted.filter(({ name }) => name > after);
  }
}
