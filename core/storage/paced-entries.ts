import { type EntryList, entryBatches, type ListEntry } from '../driver/index.ts';

/** A backend answers a call with at most so many entries of a list; more are another call. */
const ENTRIES_PER_CALL = 1000;

/**
 * The same list, which waits for `ownTurn` before it begins, and again for each thousand entries: a backend answers a
 * call with no more.
 */
export function pacedEntries(list: EntryList, ownTurn: () => Promise<unknown> | undefined): EntryList {
  const entries: EntryList = { [Symbol.asyncIterator]: () => eachIn(pacedBatches(list, ownTurn)) };
  return list.batches === undefined ? entries : { ...entries, batches: () => pacedBatches(list, ownTurn) };
}

async function* pacedBatches(
  list: EntryList,
  ownTurn: () => Promise<unknown> | undefined,
): AsyncGenerator<readonly ListEntry[], void, undefined> {
  await ownTurn();
  let paid = ENTRIES_PER_CALL;
  for await (const batch of entryBatches(list)) {
    paid -= batch.length;
    yield batch;
    if (paid > 0) continue;
    await ownTurn();
    paid += ENTRIES_PER_CALL;
  }
}

async function* eachIn(batches: AsyncIterable<readonly ListEntry[]>): AsyncGenerator<ListEntry, void, undefined> {
  for await (const batch of batches) yield* batch;
}
