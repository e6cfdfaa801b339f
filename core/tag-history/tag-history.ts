import { mapConcurrently } from '../async/concurrency.ts';
import type { Digest } from '../digest/digest.ts';
import type { RepositoryName, Tag } from '../model/reference.ts';
import type { Actor } from '../registry/call-context.ts';
import type { TagHistoryStore } from '../storage/tag-history-store.ts';
import type { TagStore } from '../storage/tag-store.ts';
import type { MoveRecorder, MovingCall, TagMove } from './tag-move.ts';
import { completed, createRecordId, formatRecord, parseRecordId, type RecordId } from './tag-record.ts';

const CONCURRENCY = 16;
/** Instances that move a tag so soon after each other may do so in another order than they record it, in milliseconds. */
const AT_ONCE_MS = 60_000;
/** A clock that was set back by less than this stands still until it has caught up, in milliseconds. */
const MAX_STEP_BACK_MS = 60_000;

/** What a history works on. */
export interface TagHistoryDependencies {
  readonly store: TagHistoryStore;
  readonly tags: Pick<TagStore, 'get' | 'setAt'>;
  /** The time, in milliseconds since 1970. Default: that of this machine. */
  readonly now?: (() => number) | undefined;
}

/** Who moves tags. */
export interface TagHistoryOptions {
  /** Of calls that name nobody. Default: nobody, as for anonymous users. */
  readonly actor?: Actor | undefined;
}

/** To what a tag pointed at a time, as far as it is known. */
export type TagAt =
  | { readonly state: 'set'; readonly digest: Digest }
  | { readonly state: 'absent' }
  /** It is before the first record. */
  | { readonly state: 'before'; readonly first: RecordId }
  /** There is no record. */
  | { readonly state: 'unrecorded' }
  /** Something has moved the tag, after the one record and before the next one, without recording it. */
  | { readonly state: 'unclear'; readonly record: RecordId; readonly found: Digest | undefined };

/**
 * Records every move of a tag before it is made, so no move is missing that happened. A record whose move did not happen,
 * because the storage failed or the process died, is recognisable: the next record, or the tag itself, begins where it
 * began. Each record is a file of its own, so any number of processes may record at the same time.
 *
 * The time of a record is that of the process that has moved the tag. Records of one process are in the order of its moves.
 * Two processes that move a tag within a few milliseconds may record it in another order than they move it: then, too, the
 * next record shows what came last.
 */
export class TagHistory implements MoveRecorder {
  readonly #store: TagHistoryStore;
  readonly #tags: TagHistoryDependencies['tags'];
  readonly #now: () => number;
  readonly #actor: Actor | undefined;
  #lastMs = 0;

  constructor({ store, tags, now = Date.now }: TagHistoryDependencies, { actor }: TagHistoryOptions = {}) {
    this.#store = store;
    this.#tags = tags;
    this.#now = now;
    this.#actor = actor;
  }

  async record(name: RepositoryName, move: TagMove, { actor = this.#actor, requestId }: MovingCall): Promise<void> {
    const id = createRecordId(move, this.#nextMs());
    await this.#store.put(name, move.tag, id, formatRecord(move, { actor, requestId }));
  }

  async digestsOf(name: RepositoryName): Promise<ReadonlySet<Digest>> {
    const digests = new Set<Digest>();
    for await (const tags of this.#store.tags(name)) {
      await mapConcurrently(tags, CONCURRENCY, async (tag) => {
        for (const { from, to } of await this.records(name, tag))
          for (const digest of [from, to]) if (digest !== undefined) digests.add(digest);
      });
    }
    return digests;
  }

  /** The records of a tag, the oldest first. One driver call; one more for each whose name has no room for its digests. */
  async records(name: RepositoryName, tag: Tag): Promise<readonly RecordId[]> {
    const known = (await this.#store.ids(name, tag)).map(parseRecordId).filter((record) => record !== undefined);
    return mapConcurrently(known, CONCURRENCY, async (record) =>
      record.isShort ? completed(record, await this.#store.read(name, tag, record.id)) : record,
    );
  }

  /**
   * To what the tag pointed at a time: to what the next record, or the tag itself, found afterwards. At most three driver
   * calls.
   */
  async at(name: RepositoryName, tag: Tag, atMs: number): Promise<TagAt> {
    const records = await this.records(name, tag);
    const index = records.findLastIndex((record) => record.atMs <= atMs);
    const [first, record, next] = [records[0], records[index], records[index + 1]];
    if (first === undefined) return { state: 'unrecorded' };
    if (record === undefined) return { state: 'before', first };
    const found = next === undefined ? await this.#tags.get(name, tag) : next.from;
    const isExplained = isExplainedBy(records.slice(0, index + 1), found);
    // The tag has not changed since it was set last, whatever has set it.
    const isSinceThen = async (): Promise<boolean> => {
      const setAt = next === undefined ? await this.#tags.setAt(name, tag) : undefined;
      return setAt !== undefined && setAt.getTime() <= atMs;
    };
    if (!isExplained && !(await isSinceThen())) return { state: 'unclear', record, found };
    return found === undefined ? { state: 'absent' } : { state: 'set', digest: found };
  }

  #nextMs(): number {
    const nowMs = this.#now();
    const isBehind = nowMs <= this.#lastMs && this.#lastMs - nowMs < MAX_STEP_BACK_MS;
    this.#lastMs = isBehind ? this.#lastMs + 1 : nowMs;
    return this.#lastMs;
  }
}

/**
 * Whether what was found after the last of some records follows from them: its move was made, or it failed, or another
 * process has moved the tag at the same time.
 */
export function isExplainedBy(records: readonly RecordId[], found: Digest | undefined): boolean {
  const last = records.at(-1);
  if (last === undefined) return false;
  if (found === last.from) return true;
  return records.some(({ to, atMs }) => to === found && last.atMs - atMs <= AT_ONCE_MS);
}
