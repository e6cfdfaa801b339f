import { randomUUID } from 'node:crypto';
import { mapConcurrently } from '../async/concurrency.ts';
import type { Digest } from '../digest/digest.ts';
import type { RepositoryName, Tag } from '../model/reference.ts';
import type { Actor } from '../registry/call-context.ts';
import type { TagHistoryStore } from '../storage/tag-history-store.ts';
import type { TagStore } from '../storage/tag-store.ts';
import { stateBetween } from './state-between.ts';
import type { MoveRecorder, MovingCall, TagMove } from './tag-move.ts';
import { completed, createRecordId, formatRecord, parseRecordId, type RecordId } from './tag-record.ts';

const CONCURRENCY = 16;
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
  /** Something has moved the tag without a record, or several processes have moved it within seconds. */
  | { readonly state: 'unclear'; readonly record: RecordId; readonly found: Digest | undefined };

/**
 * Records every move of a tag before it is made, so no move is missing that happened. A record whose move did not happen,
 * because the storage failed or the process died, is recognisable: the next record, or the tag itself, begins where it
 * began. Each record is a file of its own, so any number of processes may record at the same time.
 *
 * The time of a record is that of the process that has moved the tag. Records of one process are in the order of its moves.
 * Processes that move a tag within seconds may have recorded it in another order than they moved it: then the next move
 * shows what came last.
 */
export class TagHistory implements MoveRecorder {
  readonly #store: TagHistoryStore;
  readonly #tags: TagHistoryDependencies['tags'];
  readonly #now: () => number;
  readonly #actor: Actor | undefined;
  readonly #process = randomUUID().slice(0, 8);
  #lastMs = 0;

  constructor({ store, tags, now = Date.now }: TagHistoryDependencies, { actor }: TagHistoryOptions = {}) {
    this.#store = store;
    this.#tags = tags;
    this.#now = now;
    this.#actor = actor;
  }

  async record(name: RepositoryName, move: TagMove, { actor = this.#actor, requestId }: MovingCall): Promise<void> {
    const id = createRecordId(move, { atMs: this.#nextMs(), process: this.#process });
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
   * To what the tag pointed at a time, see {@link stateBetween}. At most three driver calls.
   */
  async at(name: RepositoryName, tag: Tag, atMs: number): Promise<TagAt> {
    const records = await this.records(name, tag);
    const index = records.findLastIndex((record) => record.atMs <= atMs);
    const [first, record] = [records[0], records[index]];
    if (first === undefined) return { state: 'unrecorded' };
    if (record === undefined) return { state: 'before', first };
    const after = records.slice(index + 1);
    const current = after.length === 0 ? { digest: await this.#tags.get(name, tag) } : undefined;
    const state = stateBetween(records.slice(0, index + 1), current ?? after);
    // The tag has not changed since it was set last, whatever has set it.
    const setAt = state.isClear || current === undefined ? undefined : await this.#tags.setAt(name, tag);
    const isSince = setAt !== undefined && setAt.getTime() <= atMs;
    const { digest: found } = state;
    if (!state.isClear && !isSince) return { state: 'unclear', record, found };
    return found === undefined ? { state: 'absent' } : { state: 'set', digest: found };
  }

  #nextMs(): number {
    const nowMs = this.#now();
    const isBehind = nowMs <= this.#lastMs && this.#lastMs - nowMs < MAX_STEP_BACK_MS;
    this.#lastMs = isBehind ? this.#lastMs + 1 : nowMs;
    return this.#lastMs;
  }
}
