import type { RepositoryName, Tag } from '../model/reference.ts';
import type { TagHistoryStore } from '../storage/tag-history-store.ts';
import { parseRecordId, type RecordId } from './tag-record.ts';

/** What a history keeps. */
export interface HistoryLimits {
  /** How long records are kept, in milliseconds; 0 for no time at all. */
  readonly keepMs: number;
  /** How many records of a tag are kept at most. */
  readonly maxRecords: number;
}

/** How it is pruned. */
export interface PruneOptions extends HistoryLimits {
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  /** Called after each tag, with the number of repositories that are done. */
  readonly onStep: (repositories: number) => void;
}

/** What was pruned, or would be. */
export interface PrunedHistory {
  readonly repositories: number;
  /** Tags with a record. */
  readonly tags: number;
  readonly records: number;
  readonly removed: number;
}

/**
 * Removes old records. The newest one of each tag that is older than `keepMs` stays, because it says what the tag was when
 * that time began; not that of a tag which does not exist since then. May run beside moves and in several processes.
 */
export class HistoryPruner {
  readonly #store: TagHistoryStore;
  readonly #now: () => number;

  constructor(store: TagHistoryStore, now: () => number = Date.now) {
    this.#store = store;
    this.#now = now;
  }

  /** One driver call for each repository, for each tag, and for each record that goes. */
  async prune({ signal, onStep, ...options }: PruneOptions): Promise<PrunedHistory> {
    let [repositories, tags, records, removed] = [0, 0, 0, 0];
    for await (const name of this.#store.repositories()) {
      let hasRemoved = false;
      for await (const group of this.#store.tags(name)) {
        for (const tag of group) {
          signal.throwIfAborted();
          const pruned = await this.#pruneTag(name, tag, options);
          tags += 1;
          records += pruned.records;
          removed += pruned.removed;
          hasRemoved ||= pruned.removed > 0;
          onStep(repositories);
        }
      }
      if (hasRemoved && !options.dryRun) await this.#store.prune(name);
      repositories += 1;
      onStep(repositories);
    }
    return { repositories, tags, records, removed };
  }

  async #pruneTag(
    name: RepositoryName,
    tag: Tag,
    { dryRun, ...limits }: HistoryLimits & Pick<PruneOptions, 'dryRun'>,
  ): Promise<{ readonly records: number; readonly removed: number }> {
    const ids = await this.#store.ids(name, tag);
    const records = ids.map(parseRecordId).filter((record) => record !== undefined);
    const going = expired(records, limits, this.#now());
    if (!dryRun) for (const { id } of going) await this.#store.remove(name, tag, id);
    return { records: records.length, removed: going.length };
  }
}

/** The records that go, of those of a tag, the oldest first. */
function expired(
  records: readonly RecordId[],
  { keepMs, maxRecords }: HistoryLimits,
  nowMs: number,
): readonly RecordId[] {
  if (keepMs === 0) return records;
  const old = records.filter(({ atMs }) => nowMs - atMs > keepMs).length;
  const base = records[old - 1];
  const isOver = old === records.length && base !== undefined && isDeletion(base);
  const byTime = isOver ? old : Math.max(0, old - 1);
  return records.slice(0, Math.max(byTime, records.length - maxRecords));
}

function isDeletion({ to, isShort }: RecordId): boolean {
  return to === undefined && !isShort;
}
