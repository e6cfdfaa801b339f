import type { ListEntry } from '../../core/driver/index.ts';
import { endOfFolder, isHidden, isMarker } from './marker-keys.ts';
import type { ListPage, ListQuery, ObjectStore } from './object-store.ts';

/** A folder to list. */
export interface Listing {
  readonly store: ObjectStore;
  /** The prefix of the keys of its children. */
  readonly folderKey: string;
  /** Only names greater than this one. */
  readonly after: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The direct children of a folder in byte order of their names, page by page. The service sorts by key, and the key of
 * a folder `a` is `a/`, which comes after `a-b`. A name is therefore held back until no shorter one can precede it.
 * @returns whether the folder has any key, including uncommitted uploads, which are not listed
 */
export async function* listFolder({
  store,
  folderKey,
  after,
  signal,
}: Listing): AsyncGenerator<ListEntry, boolean, undefined> {
  const before = endOfFolder(folderKey);
  const waiting = new Map<string, boolean>();
  let isThere = false;
  let last = after;
  for (let token: string | undefined; ; ) {
    const range = { after: after === '' ? undefined : folderKey + after, before, token };
    const page = await store.list({ prefix: folderKey, delimiter: '/', ...range }, { signal });
    const lastKey = lastKeyOf(page);
    isThere ||= [...page.items.map(({ key }) => key), ...page.prefixes].some((key) => key < before);
    gather(page, folderKey, waiting);
    token = lastKey < before ? page.next : undefined;
    const reached = token === undefined ? undefined : lastKey.slice(folderKey.length);
    const missing =
      reached === undefined ? new Set<string>() : await missingFolders({ store, folderKey, after: reached, signal });
    for (const [name, isFolder] of [...waiting].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (reached !== undefined && !isSettled(name, isFolder, reached, missing)) break;
      waiting.delete(name);
      if (name <= last) continue;
      last = name;
      yield { name, isFolder };
    }
    if (token === undefined) return isThere;
  }
}

function gather(page: ListPage, folderKey: string, into: Map<string, boolean>): void {
  for (const key of page.prefixes) {
    const name = key.slice(folderKey.length, -1);
    if (!isHidden(name) && !into.has(name)) into.set(name, true);
  }
  for (const item of page.items) {
    const name = item.key.slice(folderKey.length);
    // Other tools create empty objects for folders.
    if (name !== '' && !isHidden(name) && !isMarker(item)) into.set(name, false);
  }
}

/**
 * The key up to which a page is complete. It is decided by the last item, if the page has items, because an emulator
 * may return folders of later pages early.
 */
function lastKeyOf(page: ListPage): string {
  return page.items.at(-1)?.key ?? page.prefixes.at(-1) ?? '';
}

/** Whether no later page can contain a name before this one. */
function isSettled(name: string, isFolder: boolean, reached: string, missing: ReadonlySet<string>): boolean {
  if ((isFolder ? `${name}/` : name) > reached) return false;
  return openFolders(name).every((folder) => `${folder}/` <= reached || missing.has(folder));
}

/** The shorter names whose folders follow `name` in key order. */
function openFolders(name: string): string[] {
  return [...name.matchAll(/[-.]/g)].map(({ index }) => name.slice(0, index)).filter((folder) => folder !== '');
}

/** The folders that do not exist, among those that a later page could contain before names of this page. */
async function missingFolders({ store, folderKey, after, signal }: Listing): Promise<ReadonlySet<string>> {
  const missing = new Set<string>();
  await Promise.all(
    openFolders(after).map(async (name) => {
      if ((await firstKey(store, { prefix: `${folderKey}${name}/` }, signal)) === undefined) missing.add(name);
    }),
  );
  return missing;
}

/**
 * The first key of a list; `undefined` when it has none. A page may be empty although others follow: a store leaves out
 * what has no content yet, and a service may end a page early.
 */
export async function firstKey(
  store: ObjectStore,
  query: Pick<ListQuery, 'prefix' | 'before'>,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  for (let token: string | undefined; ; ) {
    const { items, next } = await store.list({ ...query, maxKeys: 1, token }, { signal });
    if (items.length > 0 || next === undefined) return items[0]?.key;
    token = next;
  }
}
