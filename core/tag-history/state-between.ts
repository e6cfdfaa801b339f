import type { Digest } from '../digest/digest.ts';
import type { RecordId } from './tag-record.ts';

/** Records of different processes that are so close may be in the wrong order, in milliseconds. */
const AT_ONCE_MS = 5_000;

/** What a tag was between two records. */
export interface StateBetween {
  readonly digest: Digest | undefined;
  /** Whether the records leave no other possibility, but for two rare races at once. */
  readonly isClear: boolean;
}

/**
 * What a tag was between some records and those that follow them, or the tag as it is.
 *
 * The first move of each process in the records that follow, as far as they are close to each other, has read what the tag
 * was; one of these was really the first. In the same way, one of the last moves of each process before was really the last,
 * unless it failed: then the tag stayed what that one had read. What both sides allow is what the tag was.
 * @param before the oldest first; at least one
 */
export function stateBetween(
  before: readonly RecordId[],
  after: readonly RecordId[] | { readonly digest: Digest | undefined },
): StateBetween {
  const last = before.at(-1);
  const close = before.filter(({ atMs }) => last !== undefined && last.atMs - atMs <= AT_ONCE_MS);
  const found = 'digest' in after ? [after.digest] : firstOfEach(after).map(({ from }) => from);
  for (const possible of [lastOfEach(close).map(({ to }) => to), close.flatMap(({ from, to }) => [from, to])]) {
    const both = [...new Set(found.filter((digest) => possible.includes(digest)))];
    if (both.length > 0) return { digest: both[0], isClear: both.length === 1 };
  }
  return { digest: found[0], isClear: false };
}

/** The first record of each process, of those that are close to the first one. */
function firstOfEach(records: readonly RecordId[]): readonly RecordId[] {
  const startMs = records[0]?.atMs ?? 0;
  return onePerProcess(records.filter(({ atMs }) => atMs - startMs <= AT_ONCE_MS));
}

/** The last record of each process. */
function lastOfEach(records: readonly RecordId[]): readonly RecordId[] {
  return onePerProcess(records.toReversed());
}

function onePerProcess(records: readonly RecordId[]): readonly RecordId[] {
  const seen = new Set<string>();
  return records.filter(({ process }) => !seen.has(process) && seen.add(process));
}
