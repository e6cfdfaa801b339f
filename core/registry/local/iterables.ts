/** Merges ascending groups and an ascending list into ascending groups, without duplicates. */
export async function* mergeSorted<Text extends string>(
  groups: AsyncIterable<readonly Text[]>,
  others: readonly Text[],
): AsyncGenerator<readonly Text[], void, undefined> {
  let index = 0;
  for await (const group of groups) {
    const last = group.at(-1);
    const begin = index;
    while (last !== undefined && index < others.length && (others[index] as Text) <= last) index += 1;
    yield index === begin ? group : [...new Set([...group, ...others.slice(begin, index)])].sort();
  }
  if (index < others.length) yield others.slice(index);
}

/** Regroups items: `first` items, then twice as many each time, up to `most`; the last group may have fewer. */
export async function* inGrowingGroups<Item>(
  groups: AsyncIterable<readonly Item[]>,
  { first, most }: { readonly first: number; readonly most: number },
): AsyncGenerator<readonly Item[], void, undefined> {
  let size = Math.min(first, most);
  let items: readonly Item[] = [];
  for await (const group of groups) {
    items = items.length === 0 ? group : [...items, ...group];
    while (items.length >= size) {
      yield items.slice(0, size);
      items = items.slice(size);
      size = Math.min(2 * size, most);
    }
  }
  if (items.length > 0) yield items;
}

/** The items in groups of `size`; the last one may have fewer. */
export async function* inBatches<Item>(
  items: AsyncIterable<Item>,
  size: number,
): AsyncGenerator<Item[], void, undefined> {
  let batch: Item[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
