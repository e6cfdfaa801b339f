/** A token and its expiry. */
export interface Token {
  readonly text: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
  /** The source of the credentials that it was obtained with; `undefined` for an anonymous token. */
  readonly origin: string | undefined;
  /** Replaces the identity token that this token was obtained with. */
  readonly refreshToken?: string | undefined;
}

const MAX_TOKENS = 1000;

/** Caches tokens by purpose. Concurrent callers that need the same token wait for one request. */
export class TokenCache {
  readonly #tokens = new Map<string, Token>();
  readonly #pending = new Map<string, Promise<Token>>();
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** The token for `key`, from the cache while it is valid. */
  async get(key: string, fetch: () => Promise<Token>): Promise<Token> {
    const known = this.#tokens.get(key);
    if (known !== undefined && known.expiresAt > this.#now()) return known;
    const pending = this.#pending.get(key);
    if (pending !== undefined) return pending;
    const fetched = fetch().finally(() => this.#pending.delete(key));
    this.#pending.set(key, fetched);
    const token = await fetched;
    this.#tokens.delete(key);
    this.#tokens.set(key, token);
    if (this.#tokens.size > MAX_TOKENS) {
      const [oldest = ''] = this.#tokens.keys();
      this.#tokens.delete(oldest);
    }
    return token;
  }

  /**
   * Forgets a rejected token, unless another one has replaced it.
   * @returns whether it was cached
   */
  drop(key: string, text: string): boolean {
    return this.#tokens.get(key)?.text === text && this.#tokens.delete(key);
  }
}
