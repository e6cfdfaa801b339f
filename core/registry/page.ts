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
  /** Whether items follow. */
  readonly more: boolean;
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
