import type { Access } from '../auth/scopes.ts';
import type { HttpAnswer } from '../http/http-answer.ts';
import { nextLink } from '../http/next-link.ts';
import { expectStatus } from '../http/read-failure.ts';
import { TransferError } from '../http/transfer-error.ts';
import type { RemoteClient } from './remote-client.ts';

/** A list that a registry returns in pages. */
export interface ListSource<Item> {
  readonly access: Access;
  /** Parses the items of a page. */
  readonly parse: (answer: HttpAnswer) => Promise<readonly Item[]>;
  /** The identity of an item. */
  readonly keyOf: (item: Item) => string;
}

/** A page as the registry returned it. */
export interface ListedPage<Item> {
  readonly items: readonly Item[];
  /** Path and query of the next page; `undefined` on the last one. */
  readonly next: string | undefined;
  /** The counts including this page. */
  readonly counts: ListCounts;
}

/** How much of a list was received so far. */
export interface ListCounts {
  readonly pages: number;
  /** The number of pages with fewer than ten items. */
  readonly smallPages: number;
  readonly items: number;
}

/** Where a list begins or continues. */
export interface ListStart {
  readonly url: string;
  readonly signal: AbortSignal | undefined;
  /** The counts of the pages before `url`, if the list continues there. */
  readonly counts?: ListCounts | undefined;
}

const NOTHING: ListCounts = { pages: 0, smallPages: 0, items: 0 };

/** No registry has a list with more pages or items. Items are remembered to detect a list that repeats itself. */
const MAX_PAGES = 10_000;
/** Registries return a hundred or a thousand items per page; a server that returns one at a time may never end. */
const MAX_SMALL_PAGES = 500;
const MIN_PAGE_ITEMS = 10;
const MAX_ITEMS = 1_000_000;
/** How many consecutive pages may be empty: a registry may omit items that the user may not see. */
const MAX_EMPTY_PAGES = 100;

/**
 * The pages of a list, from `url` on, each requested when it is consumed.
 * @throws RemoteError when a page is answered with a failure
 * @throws TransferError `pagination` when the list makes no progress, or does not end
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
      const explanation = `the list makes no progress, or does not end (${far})`;
      throw new TransferError('pagination', answer.request, explanation);
    }
    yield { items, next, counts: { pages, smallPages, items: total } };
  }
}
