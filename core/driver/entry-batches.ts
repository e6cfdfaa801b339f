import type { EntryList, ListEntry } from './storage-driver.ts';

/** The entries of a list in groups: those of the driver, or each entry alone if the driver has none. */
export function entryBatches(entries: EntryList): AsyncIterable<readonly ListEntry[]> {
  return entries.batches?.() ?? eachAlone(entries);
}

async function* eachAlone(entries: EntryList): AsyncGenerator<readonly ListEntry[], void, undefined> {
  for await (const entry of entries) yield [entry];
}
