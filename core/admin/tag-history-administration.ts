import { mapConcurrently } from '../async/concurrency.ts';
import type { Digest } from '../digest/digest.ts';
import { isTag, type RepositoryName, type Tag } from '../model/reference.ts';
import type { TagHistoryStore } from '../storage/tag-history-store.ts';
import type { TagStore } from '../storage/tag-store.ts';
import type { AsOf } from '../tag-history/as-of.ts';
import type { TagHistory } from '../tag-history/tag-history.ts';
import { parseRecordedCall, type RecordedCall, type RecordId } from '../tag-history/tag-record.ts';

const CONCURRENCY = 16;

/** What the history is read with. */
export interface TagHistoryAdministrationDependencies {
  readonly history: Pick<TagHistory, 'records'>;
  readonly asOf: Pick<AsOf, 'resolve'>;
  readonly store: Pick<TagHistoryStore, 'tags' | 'read'>;
  readonly tags: Pick<TagStore, 'get'>;
}

/** Which records are wanted. */
export interface MovesRequest {
  /** Absent: of all tags. */
  readonly tag?: Tag | undefined;
  /** The largest number of records; at least 1. */
  readonly limit: number;
  /** Only records after the one of this key; any text. */
  readonly after?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A move of a tag that was recorded. */
export interface RecordedMove extends RecordedCall {
  /** Different for each of a repository. */
  readonly key: string;
  readonly tag: Tag;
  readonly at: Date;
  readonly from: Digest | undefined;
  readonly to: Digest | undefined;
  /**
   * To what the tag pointed afterwards, if not to `to`: the move failed, another process moved the tag at the same time, or
   * something that records nothing moved it later. `null`: it did not exist.
   */
  readonly found?: Digest | null;
}

/** A page of records. */
export interface MovesPage {
  readonly moves: readonly RecordedMove[];
  /** The key of the last one, if there are more. */
  readonly next?: string | undefined;
}

/** What operators read of the history of tags, also when nothing is recorded any more. */
export class TagHistoryAdministration {
  readonly #dependencies: TagHistoryAdministrationDependencies;

  constructor(dependencies: TagHistoryAdministrationDependencies) {
    this.#dependencies = dependencies;
  }

  /** @throws RegistryError as {@link AsOf.resolve} */
  at(name: RepositoryName, tag: Tag, time: Date): Promise<Digest> {
    return this.#dependencies.asOf.resolve(name, tag, time);
  }

  /** The records of a repository by tag in byte order, the newest of each first. One driver call for each, and two for each tag. */
  async list(name: RepositoryName, { tag, limit, after, signal }: MovesRequest): Promise<MovesPage> {
    const [, afterTag = '', afterId = ''] = /^([^:]*):(.*)$/.exec(after ?? '') ?? [];
    const moves: RecordedMove[] = [];
    for await (const each of tag === undefined ? this.#tagsFrom(name, afterTag) : [tag]) {
      signal?.throwIfAborted();
      const ofTag = await this.#movesOf(name, each, {
        limit: limit + 1 - moves.length,
        before: each === afterTag ? afterId : undefined,
      });
      moves.push(...ofTag);
      if (moves.length > limit) return { moves: moves.slice(0, limit), next: moves[limit - 1]?.key };
    }
    return { moves };
  }

  /** The tags with records from `first` on. */
  async *#tagsFrom(name: RepositoryName, first: string): AsyncGenerator<Tag, void, undefined> {
    if (isTag(first)) yield first;
    for await (const tags of this.#dependencies.store.tags(name, isTag(first) ? first : undefined)) yield* tags;
  }

  async #movesOf(
    name: RepositoryName,
    tag: Tag,
    { limit, before }: { readonly limit: number; readonly before: string | undefined },
  ): Promise<RecordedMove[]> {
    const { history, tags, store } = this.#dependencies;
    const records = await history.records(name, tag);
    const end = before === undefined ? records.length : records.findLastIndex(({ id }) => id < before) + 1;
    const start = Math.max(0, end - limit);
    const wanted = records.slice(start, end);
    const current = wanted.length > 0 && end === records.length ? await tags.get(name, tag) : undefined;
    const found = await mapConcurrently(wanted, CONCURRENCY, async (record, index) => {
      const next = records[start + index + 1];
      const call = parseRecordedCall(await store.read(name, tag, record.id));
      return moveOf(tag, record, { found: next === undefined ? current : next.from, call });
    });
    return found.reverse();
  }
}

function moveOf(
  tag: Tag,
  { id, atMs, from, to }: RecordId,
  { found, call }: { readonly found: Digest | undefined; readonly call: RecordedCall },
): RecordedMove {
  const move = { key: `${tag}:${id}`, tag, at: new Date(atMs), from, to, ...call };
  return found === to ? move : { ...move, found: found ?? null };
}
