import type { Credentials } from '../credentials/credential-source.ts';
import { unlessAborted } from '../http/unless-aborted.ts';

/** Looks up the credentials for a repository; `signal` aborts the search. */
export type FindCredentials = (repository: string | undefined, signal: AbortSignal) => Promise<Credentials | undefined>;

/** A running search, and the callers that wait for it. */
interface Search {
  readonly found: Promise<Credentials | undefined>;
  readonly abort: AbortController;
  waiting: number;
}

const MAX_KEPT = 1000;

/**
 * Caches credentials by repository. Concurrent callers that need the same ones wait for one search, which is aborted
 * when all of them abort. A failure is not cached.
 */
export class CredentialCache {
  readonly #find: FindCredentials;
  readonly #kept = new Map<string, Credentials | undefined>();
  readonly #searches = new Map<string, Search>();

  constructor(find: FindCredentials) {
    this.#find = find;
  }

  /** @throws the reason of the signal, as soon as it aborts */
  async get(repository: string | undefined, signal: AbortSignal | undefined): Promise<Credentials | undefined> {
    signal?.throwIfAborted();
    const key = repository ?? '';
    if (this.#kept.has(key)) return this.#kept.get(key);
    const search = this.#searches.get(key) ?? this.#begin(key, repository);
    search.waiting += 1;
    try {
      return await unlessAborted(search.found, signal);
    } finally {
      search.waiting -= 1;
      if (search.waiting === 0) this.#abandon(key, search, signal);
    }
  }

  /** Forgets rejected credentials, so that the next call finds what the user has stored since. */
  drop(repository: string | undefined, isRefused: (credentials: Credentials | undefined) => boolean): void {
    const key = repository ?? '';
    if (this.#kept.has(key) && isRefused(this.#kept.get(key))) this.#kept.delete(key);
  }

  #begin(key: string, repository: string | undefined): Search {
    const abort = new AbortController();
    const search: Search = { found: this.#find(repository, abort.signal), abort, waiting: 0 };
    this.#searches.set(key, search);
    search.found.then(
      (credentials) => {
        if (!abort.signal.aborted) this.#keep(key, credentials);
        this.#forget(key, search);
      },
      () => this.#forget(key, search),
    );
    return search;
  }

  /** Ends a running search when its last caller has left. */
  #abandon(key: string, search: Search, signal: AbortSignal | undefined): void {
    if (this.#searches.get(key) !== search) return;
    this.#searches.delete(key);
    search.abort.abort(signal?.reason);
  }

  #forget(key: string, search: Search): void {
    if (this.#searches.get(key) === search) this.#searches.delete(key);
  }

  #keep(key: string, credentials: Credentials | undefined): void {
    this.#kept.set(key, credentials);
    const [oldest = ''] = this.#kept.keys();
    if (this.#kept.size > MAX_KEPT) this.#kept.delete(oldest);
  }
}
