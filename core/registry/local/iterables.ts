/** Merges two ascending lists into one, without duplicates. */
export async function* mergeSorted<Text extends string>(
  first: AsyncIterable<Text>,
  second: readonly Text[],
): AsyncGenerator<Text, void, undefined> {
  let index = 0;
  for await (const text of first) {
    for (let other = second[index]; other !== undefined && other <= text; other = second[++index]) {
      if (other !== text) yield other;
    }
    yield text;
  }
  yield* second.slice(index);
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
