/** The requested part of a list. */
export interface PageRequest {
  /** The maximum number of items, at least 0; may be Infinity. */
  readonly limit: number;
  /** Only items after this one, which need not exist. */
  readonly after: string | undefined;
}

/** A part of a list. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /**
   * Whether items follow. Always `false` for an empty page, because the next page begins after the last item of this
   * one.
   */
  readonly more: boolean;
}

/**
 * The item after which the next page begins; `undefined` when this is the last page.
 * @param after where this page begins
 * @throws Error when the page says that more items follow but makes no progress: the list would never end
 */
export function nextAfter<Item extends string>(
  { items, more }: Page<Item>,
  after: string | undefined,
): Item | undefined {
  if (!more) return undefined;
  const last = items.at(-1);
  if (last !== undefined && last !== after) return last;
  throw new Error(
    `a page of a list says that more items follow, but it does not get past ${JSON.stringify(after ?? '')}`,
  );
}

/** The page size that clients request: the maximum of most registries. */
const PAGE_ITEMS = 1000;

/**
 * All items of a list, fetched page by page as they are consumed.
 * @throws Error when the list makes no progress
 */
export async function* allItems<Item extends string>(
  list: (request: PageRequest) => Promise<Page<Item>>,
): AsyncGenerator<Item, void, undefined> {
  let after: Item | undefined;
  do {
    const page = await list({ limit: PAGE_ITEMS, after });
    yield* page.items;
    after = nextAfter(page, after);
  } while (after !== undefined);
}

/** Builds a page by requesting one more item than it holds. */
export async function takePage<Item>(
  { limit }: PageRequest,
  list: (limit: number) => Promise<readonly Item[]>,
): Promise<Page<Item>> {
  if (limit === 0) return { items: [], more: false };
  const items = await list(limit + 1);
  return { items: items.slice(0, limit), more: items.length > limit };
}
