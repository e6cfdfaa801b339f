import { mapConcurrently } from '../../../core/async/concurrency.ts';
import type { AccessTokenStore } from './access-token-store.ts';

const DAY_MS = 24 * 3_600_000;
const FLUSH_EVERY_MS = 60_000;
/** More tokens than that in a minute are noted a minute later. */
const MAX_PENDING = 10_000;
const MAX_WRITES = 4;

/** What {@link TokenUses} works with. */
export interface TokenUsesOptions {
  /** While it is true, nothing is stored. */
  readonly isReadOnly: () => boolean;
  /** The time in milliseconds since 1970. */
  readonly now: () => number;
  readonly reportFailure: (error: unknown) => void;
}

/** Notes on which day each token was used last: once a day for each token, and in batches. */
export class TokenUses implements AsyncDisposable {
  readonly #store: AccessTokenStore;
  readonly #options: TokenUsesOptions;
  readonly #timer: NodeJS.Timeout;
  /** In days since 1970. */
  #day = 0;
  /** The tokens that were used on that day, by id. */
  #noted = new Set<string>();
  #pending: { readonly user: string; readonly id: string; readonly day: string }[] = [];

  constructor(store: AccessTokenStore, options: TokenUsesOptions) {
    this.#store = store;
    this.#options = options;
    this.#timer = setInterval(() => void this.flush(), FLUSH_EVERY_MS).unref();
  }

  /** Takes no time: the storage is written later. */
  note(user: string, id: string): void {
    const day = Math.floor(this.#options.now() / DAY_MS);
    if (day !== this.#day) {
      this.#day = day;
      this.#noted = new Set();
    }
    if (this.#noted.has(id) || this.#noted.size >= MAX_PENDING || this.#pending.length >= MAX_PENDING) return;
    this.#noted.add(id);
    this.#pending.push({ user, id, day: new Date(day * DAY_MS).toISOString().slice(0, 'yyyy-mm-dd'.length) });
  }

  /** Stores what was noted; never rejects. */
  async flush(): Promise<void> {
    if (this.#pending.length === 0 || this.#options.isReadOnly()) return;
    const pending = this.#pending;
    this.#pending = [];
    try {
      await mapConcurrently(pending, MAX_WRITES, ({ user, id, day }) => this.#store.noteUse(user, id, day));
    } catch (error) {
      // Only the next day is noted again: a storage that fails has more important things to store.
      this.#options.reportFailure(error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.flush();
  }
}
