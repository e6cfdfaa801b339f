/**
 * Runs `action` for every item of a stream, at most `limit` at a time, and calls `settle` with each result in the order
 * of the items: when it is called, the actions of all items up to this one have ended. After the first failure no new
 * action starts; the running ones are awaited before the error is thrown.
 */
export async function inOrder<Item, Result>(
  items: AsyncIterable<Item>,
  { limit, action }: { readonly limit: number; readonly action: (item: Item) => Promise<Result> },
  settle: (item: Item, result: Result) => Promise<void>,
): Promise<void> {
  const running: { readonly item: Item; readonly result: Promise<Result> }[] = [];
  const next = async (): Promise<void> => {
    const first = running.shift();
    if (first !== undefined) await settle(first.item, await first.result);
  };
  try {
    for await (const item of items) {
      const result = action(item);
      // It is awaited in its turn.
      result.catch(() => undefined);
      running.push({ item, result });
      if (running.length >= limit) await next();
    }
    while (running.length > 0) await next();
  } finally {
    await Promise.allSettled(running.map(({ result }) => result));
  }
}
