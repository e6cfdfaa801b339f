import { LRUCache } from 'lru-cache';
import { withoutPace } from '../../async/call-pace.ts';
import { mapConcurrently } from '../../async/concurrency.ts';
import { Moment } from '../../async/moment.ts';
import type { Digest } from '../../digest/digest.ts';
import { DriverError, type StoragePath } from '../../driver/index.ts';
import { RegistryError } from '../../model/errors.ts';
import type { RepositoryName } from '../../model/reference.ts';
import type { ChangeStore } from '../changes/change-store.ts';
import { namesOf, type RepositoryChange } from '../changes/repository-change.ts';
import { entryLimit } from '../entry-limit.ts';
import type { CollectionStore } from './collection-store.ts';
import type { DigestFilter } from './digest-filter.ts';
import { MAX_LOOKUP_AGE_MS } from './lookup-moment.ts';

/** How long a process may not know that a collection has begun, in milliseconds. */
const MAX_VIEW_AGE_MS = 5_000;
const MAX_MARKS = 50_000;
const CONCURRENCY = 8;

/**
 * The shortest time between the publication of candidates and their removal, in milliseconds. When it has passed, every
 * request has either named in a manifest what it found before, or knows the candidates.
 */
export const MIN_GRACE_MS = MAX_VIEW_AGE_MS + MAX_LOOKUP_AGE_MS + 5_000;

/** The collections, and changes of whole repositories, that were under way when the storage was asked. */
interface View {
  readonly askedAt: Moment;
  readonly filters: ReadonlyMap<string, DigestFilter>;
  /** The repositories that are being deleted or renamed. */
  readonly changing: ReadonlyMap<RepositoryName, RepositoryChange>;
}

/**
 * Protects what requests rely on from garbage collections, without a lock: before a request looks for content or links
 * it, it marks the content as kept in every collection that lists it as a candidate. A collection takes content from its
 * place before it looks for the mark, so that at least one of the two sees the other. A request that comes after the
 * collection has taken it away puts it back.
 *
 * A process asks the storage for collections every five seconds, and only if there is a request: one driver call, and
 * one for each collection that has begun. Content that is no candidate costs no driver call.
 */
export class CollectionGuard {
  readonly #store: CollectionStore;
  readonly #changes: Pick<ChangeStore, 'read'>;
  readonly #marks = new LRUCache<string, true>(entryLimit(MAX_MARKS));
  #view: View | undefined;
  /** How often {@link expire} was called: an answer to what was asked before is old. */
  #expiries = 0;
  #asking: { readonly since: Moment; readonly view: Promise<View> } | undefined;

  constructor(store: CollectionStore, changes: Pick<ChangeStore, 'read'>) {
    this.#store = store;
    this.#changes = changes;
  }

  /**
   * Keeps content that the caller is about to look for or to link; it stays until the collections have ended.
   * @returns `undefined` if there is nothing to do, so that concurrent calls need not wait for each other; otherwise a
   * promise that rejects with a DriverError when the content cannot be kept: the caller must not rely on it then
   */
  keep(...digests: readonly Digest[]): Promise<void> | undefined {
    const view = this.#fresh();
    const isKept = view !== undefined && digests.every((digest) => this.#missingMarks(view, digest).length === 0);
    return isKept ? undefined : this.#mark(digests);
  }

  /** Like {@link keep}, for content that is only served: a storage that takes no changes must not prevent that. */
  keepIfPossible(digest: Digest): Promise<void> | undefined {
    return this.keep(digest)?.catch((error: unknown) => {
      if (!DriverError.is(error)) throw error;
    });
  }

  /** Whether a collection may be about to remove the content. */
  async isCandidate(digest: Digest): Promise<boolean> {
    const view = this.#fresh() ?? (await this.#ask());
    return collectionsOf(view, digest).length > 0;
  }

  /**
   * What `look` finds at `path`. If it finds nothing and a collection may have set the file aside, the file is put back
   * and kept, and `look` is called again.
   */
  async find<Found>(
    digest: Digest,
    path: StoragePath,
    look: () => Promise<Found | undefined>,
  ): Promise<Found | undefined> {
    const found = await look();
    if (found !== undefined) return found;
    const ids = collectionsOf(this.#fresh() ?? (await this.#ask()), digest);
    if (ids.length === 0) return undefined;
    await this.keep(digest);
    for (const id of ids) {
      if (!(await this.#store.isAside(id, path))) continue;
      // Once more: another collection may have ended this one, with all its marks, and must see that something comes back.
      await this.#store.keep(id, digest);
      await this.#store.putBack(id, path);
    }
    return look();
  }

  /**
   * Refuses to change a repository that is being deleted or renamed. Every process does so within five seconds of the
   * announcement. What a request has stored and then asked for here successfully is complete before the change begins.
   * @returns `undefined` if the process knows that nothing is announced; otherwise a promise
   * @throws RegistryError `UNAVAILABLE` (as a rejection)
   */
  requireUnchanging(name: RepositoryName): Promise<void> | undefined {
    return this.#fresh()?.changing.has(name) === false ? undefined : this.#refuse(name);
  }

  /** Whether the process already knows that the repository is being deleted or renamed. No driver call. */
  isKnownToChange(name: RepositoryName): boolean {
    return this.#view?.changing.has(name) === true;
  }

  async #refuse(name: RepositoryName): Promise<void> {
    const { changing } = this.#fresh() ?? (await this.#ask());
    const change = changing.get(name);
    if (change !== undefined) throw changingError(name, change);
  }

  /** Asks the storage again at the next request: a collection has begun or ended. */
  expire(): void {
    this.#expiries += 1;
    this.#view = undefined;
    this.#asking = undefined;
  }

  async #mark(digests: readonly Digest[]): Promise<void> {
    const view = this.#fresh() ?? (await this.#ask());
    for (const digest of digests) {
      for (const id of this.#missingMarks(view, digest)) {
        await this.#store.keep(id, digest);
        this.#marks.set(`${id} ${digest}`, true);
      }
    }
  }

  #missingMarks(view: View, digest: Digest): readonly string[] {
    return collectionsOf(view, digest).filter((id) => !this.#marks.has(`${id} ${digest}`));
  }

  #fresh(): View | undefined {
    const view = this.#view;
    return view !== undefined && view.askedAt.ageMs < MAX_VIEW_AGE_MS ? view : undefined;
  }

  /** Asks the storage, or shares the answer with a request that began to ask a moment ago. */
  #ask(): Promise<View> {
    if (this.#asking !== undefined && this.#asking.since.ageMs < MAX_VIEW_AGE_MS) return this.#asking.view;
    const now = new Moment();
    // Requests share the answer, also if a job asks first.
    const view = withoutPace(() => this.#read(now)).finally(() => {
      if (this.#asking?.view === view) this.#asking = undefined;
    });
    this.#asking = { since: now, view };
    return view;
  }

  async #read(askedAt: Moment): Promise<View> {
    const known = this.#view?.filters;
    const expiries = this.#expiries;
    const announced = await this.#store.announced();
    const changes = await mapConcurrently(announced.changes, CONCURRENCY, (id) => this.#changes.read(id));
    const changing = changes.flatMap((change) =>
      change === undefined ? [] : namesOf(change).map((name) => [name, change] as const),
    );
    const filters = await mapConcurrently(announced.collections, CONCURRENCY, async (id) => {
      const before = known?.get(id);
      // The filter of a collection never changes.
      return [id, before ?? (await this.#store.filter(id))] as const;
    });
    const present = filters.flatMap(([id, filter]) => (filter === undefined ? [] : [[id, filter] as const]));
    const view = { askedAt, filters: new Map(present), changing: new Map(changing) };
    const isNewest = this.#view === undefined || !askedAt.isBefore(this.#view.askedAt);
    if (isNewest && expiries === this.#expiries) this.#view = view;
    return view;
  }
}

const NONE: readonly string[] = [];

function collectionsOf({ filters }: View, digest: Digest): readonly string[] {
  if (filters.size === 0) return NONE;
  return [...filters].flatMap(([id, filter]) => (filter.has(digest) ? [id] : []));
}

/** The answer to a request that would change a repository while it is deleted or renamed. */
function changingError(name: RepositoryName, { action, name: from, target }: RepositoryChange): RegistryError {
  const reason =
    action === 'delete'
      ? 'the repository is being deleted; it takes no changes until then'
      : `the repository ${from} is being renamed to ${target}; neither takes changes until then`;
  return new RegistryError('UNAVAILABLE', { name, reason });
}
