import { mapConcurrently } from '../async/concurrency.ts';
import { DriverError } from '../driver/index.ts';
import { inBatches } from '../registry/local/iterables.ts';
import type { ScrubRun } from './content-reading.ts';
import type { ScrubFinding } from './finding.ts';
import type { ScrubSession } from './scrub-session.ts';

/** How many links are looked at at the same time; a manifest may be large. */
const CONCURRENCY = 16;

/** What a check of links needs of the run. */
export type LinkRun = ScrubRun & Pick<ScrubSession, 'onStep' | 'onLook'>;

/** What a link that cannot be read is about. */
export type Place = Pick<ScrubFinding, 'repository' | 'digest' | 'tag'>;

/** What is done with each item of a list. */
export interface Check<Item> {
  readonly check: (item: Item) => Promise<readonly ScrubFinding[]>;
  readonly placeOf: (item: Item) => Place;
}

/**
 * Checks every item of a list, some at the same time. An item, or the rest of the list, that cannot be read is a finding.
 * @param place what the list is about
 * @throws the reason of the signal, a few items after it aborts
 */
export async function* checkEach<Item>(
  items: AsyncIterable<Item>,
  { check, placeOf }: Check<Item>,
  { run, place }: { readonly run: LinkRun; readonly place: Place },
): AsyncGenerator<ScrubFinding, void, undefined> {
  const guarded = async (item: Item): Promise<readonly ScrubFinding[]> => {
    try {
      const found = await check(item);
      run.onLook(undefined);
      return found;
    } catch (error) {
      return [unreadable(placeOf(item), error, run)];
    }
  };
  try {
    for await (const batch of inBatches(items, CONCURRENCY)) {
      run.signal.throwIfAborted();
      run.onStep();
      for (const found of await mapConcurrently(batch, CONCURRENCY, guarded)) yield* found;
    }
  } catch (error) {
    yield unreadable(place, error, run);
  }
}

/** @throws the reason of the signal; the error unless it is about a driver; Error after too many of them */
function unreadable(place: Place, error: unknown, run: LinkRun): ScrubFinding {
  run.signal.throwIfAborted();
  if (!DriverError.is(error)) throw error;
  run.onLook(error.message);
  return { code: 'link-unreadable', action: 'none', ...place, reason: error.message };
}
