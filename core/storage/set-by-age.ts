import { setTimeout as delay } from 'node:timers/promises';
import { mapConcurrently } from '../async/concurrency.ts';
import type { Tag } from '../model/reference.ts';

/** More than the `newest` of any rule of retention that people write. */
const NEWEST = 500;
/** Files whose times differ by less may get the same time, in milliseconds: kernels look at the clock every 4 ms or so. */
const DISTANCE_MS = 10;

/** How tags are set. */
export interface SetByAgeOptions<Item> {
  /** How many may be in progress at the same time. */
  readonly concurrency: number;
  /** When a tag was set where it comes from; `undefined` if that is unknown. */
  readonly setAt: (item: Item) => Promise<Date | undefined>;
  /** @returns whether the tag was written */
  readonly set: (item: Item) => Promise<boolean>;
  /** What may happen in any order, after the tag is set. */
  readonly complete: (item: Item) => Promise<unknown>;
}

/**
 * Sets tags again, those first that were set first, so that retention sees them in their order. The newest 500 are set
 * one after the other, at a distance that every storage shows; older ones several at the same time.
 */
export async function setByAge<Item extends { readonly tag: Tag }>(
  items: readonly Item[],
  { concurrency, setAt, set, complete }: SetByAgeOptions<Item>,
): Promise<void> {
  const times = await mapConcurrently(items, concurrency, async (item) => (await setAt(item))?.getTime() ?? 0);
  const dated = items.map((item, index) => ({ item, atMs: times[index] ?? 0 }));
  dated.sort((one, other) => one.atMs - other.atMs || (one.item.tag < other.item.tag ? -1 : 1));
  await mapConcurrently(dated.slice(0, -NEWEST), concurrency, async ({ item }) => {
    await set(item);
    await complete(item);
  });
  let turn = Promise.resolve(false);
  await mapConcurrently(dated.slice(-NEWEST), concurrency, async ({ item }) => {
    turn = turn.then(async (wasWritten) => {
      if (wasWritten) await delay(DISTANCE_MS);
      return set(item);
    });
    await turn;
    await complete(item);
  });
}
