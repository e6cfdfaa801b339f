/** What part of a list is wanted. */
export interface PageRequest {
  /** At most so many items, at least 0; may be Infinity. */
  readonly limit: number;
  /** Only items after this one, which need not exist. */
  readonly after: string | undefined;
}

/** A part of a list. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** Whether items follow. Never with an empty page, because the next page begins after the last item of this one. */
  readonly more: boolean;
}

/**
 * The item after which the next page begins; `undefined` when this is the last page.
 * @param after where this page begins
 * @throws Error when the page says that more follow but does not get any further: asking again would never end
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

/** How many items a client asks for at once: what most registries give at most. */
const PAGE_ITEMS = 1000;

/**
 * All items of a list, page by page, as they are wanted.
 * @throws Error when the list does not get any further
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

/** Cuts a page out of a list by asking for one item more than wanted. */
export async function takePage<Item>(
  { limit }: PageRequest,
  list: (limit: number) => Promise<readonly Item[]>,
): Promise<Page<Item>> {
  if (limit === 0) return { items: [], more: false };
  const items = await list(limit + 1);
  return { items: items.slice(0, limit), more: items.length > limit };
}
