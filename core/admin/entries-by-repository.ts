import type { RepositoryName } from '../model/reference.ts';

/** An entry of a list that goes through all repositories. */
export interface EntryOfRepository<Id extends string = string> {
  readonly repository: RepositoryName;
  /** Different in each entry of a repository; has no colon. */
  readonly id: Id;
}

/** Which part of such a list is wanted. */
export interface EntriesRequest {
  /** Only entries after this one, as {@link entryCursor} names it; it need not exist. Any text. */
  readonly after: string | undefined;
  /** Absent: of all repositories. */
  readonly repository: RepositoryName | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What a list goes through. */
export interface EntrySource<Id extends string> {
  /** The repositories, in the order in which folders are walked. */
  readonly names: () => AsyncIterable<RepositoryName>;
  /**
   * The ids of a repository, in byte order.
   * @param after only ids greater than this one; it need not exist
   */
  readonly ids: (name: RepositoryName, after: string | undefined) => AsyncIterable<Id>;
}

/** Where a list that has ended with this entry goes on. */
export function entryCursor({ repository, id }: EntryOfRepository): string {
  return `${repository}:${id}`;
}

/** The entries by repository and id, the ids in byte order. Reads no more of the ids than is taken, and holds none. */
export async function* entriesByRepository<Id extends string>(
  { names, ids }: EntrySource<Id>,
  { after, repository, signal }: EntriesRequest,
): AsyncGenerator<EntryOfRepository<Id>, void, undefined> {
  const [afterName = '', afterId = ''] = after?.split(':') ?? [];
  for await (const name of repository === undefined ? names() : [repository]) {
    signal?.throwIfAborted();
    const order = after === undefined ? 1 : compareNames(name, afterName);
    if (order < 0) continue;
    for await (const id of ids(name, order === 0 ? afterId : undefined)) yield { repository: name, id };
  }
}

/** In the order in which repositories are walked: a name comes before those below it, and before all that follow. */
function compareNames(one: string, other: string): number {
  const [first, second] = [one.split('/'), other.split('/')];
  for (const [index, part] of first.entries()) {
    const against = second[index];
    if (against === undefined) return 1;
    if (part !== against) return Buffer.compare(Buffer.from(part), Buffer.from(against));
  }
  return first.length < second.length ? -1 : 0;
}
