import type { Access } from '../auth/scopes.ts';
import type { HttpAnswer } from '../http/http-answer.ts';
import { nextLink } from '../http/next-link.ts';
import { expectStatus } from '../http/read-failure.ts';
import { TransferError } from '../http/transfer-error.ts';
import type { RemoteClient } from './remote-client.ts';

/** A list that a registry gives in pages. */
export interface ListSource<Item> {
  readonly access: Access;
  /** Reads the items of a page. */
  readonly parse: (answer: HttpAnswer) => Promise<readonly Item[]>;
  /** Tells items apart. */
  readonly keyOf: (item: Item) => string;
}

/** A page as the registry gave it. */
export interface ListedPage<Item> {
  readonly items: readonly Item[];
  /** Path and query of the next page; `undefined` on the last one. */
  readonly next: string | undefined;
  /** With this page. */
  readonly counts: ListCounts;
}

/** What was got of a list so far. */
export interface ListCounts {
  readonly pages: number;
  /** Pages of fewer than ten items. */
  readonly smallPages: number;
  readonly items: number;
}

/** Where a list begins or goes on. */
export interface ListStart {
  readonly url: string;
  readonly signal: AbortSignal | undefined;
  /** Of the pages before `url`, where the list goes on. */
  readonly counts?: ListCounts | undefined;
}

const NOTHING: ListCounts = { pages: 0, smallPages: 0, items: 0 };

/** A list of more pages or items is none that a registry has; the items are kept to notice a list that repeats itself. */
const MAX_PAGES = 10_000;
/** Registries give a hundred or a thousand items a page; a server that gives one at a time goes on for ever. */
const MAX_SMALL_PAGES = 500;
const MIN_PAGE_ITEMS = 10;
const MAX_ITEMS = 1_000_000;
/** How many pages in a row may be empty, of a registry that leaves out what a user may not see. */
const MAX_EMPTY_PAGES = 100;

/**
 * The pages of a list, from `url` on, each asked for when it is wanted.
 * @throws RemoteError when a page is answered by a failure
 * @throws TransferError `pagination` when the list does not get any further, or does not end
 */
export async function* listPages<Item>(
  client: RemoteClient,
  source: ListSource<Item>,
  { url, signal, counts = NOTHING }: ListStart,
): AsyncGenerator<ListedPage<Item>, void, undefined> {
  const asked = new Set<string>();
  const seen = new Set<string>();
  let { pages, smallPages } = counts;
  let empty = 0;
  for (let next: string | undefined = url; next !== undefined; ) {
    asked.add(next);
    const request = { method: 'GET', url: next, access: source.access, signal } as const;
    const { answer, items } = await client.read(request, async (page) => {
      await expectStatus(page, 200);
      return { answer: page, items: await source.parse(page) };
    });
    next = nextLink(answer);
    const known = seen.size;
    for (const item of items) seen.add(source.keyOf(item));
    empty = items.length > 0 ? 0 : empty + 1;
    const isStuck = next !== undefined && (asked.has(next) || (items.length > 0 && seen.size === known));
    pages += 1;
    if (items.length > 0 && items.length < MIN_PAGE_ITEMS) smallPages += 1;
    const total = counts.items + seen.size;
    const isEndless =
      (next !== undefined && (pages >= MAX_PAGES || smallPages >= MAX_SMALL_PAGES)) ||
      total > MAX_ITEMS ||
      empty > MAX_EMPTY_PAGES;
    if (isStuck || isEndless) {
      const far = `${total} items in ${pages} pages`;
      const explanation = `the list does not get any further, or does not end (${far})`;
      throw new TransferError('pagination', answer.request, explanation);
    }
    yield { items, next, counts: { pages, smallPages, items: total } };
  }
}
