/** A token, and until when it is sent. */
export interface Token {
  readonly text: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
  /** Where the credentials came from with which it was got; `undefined` for an anonymous one. */
  readonly origin: string | undefined;
  /** Takes the place of the identity token that this one was got with. */
  readonly refreshToken?: string | undefined;
}

const MAX_TOKENS = 1000;

/** Tokens by what they are for. Callers that want the same one at the same time wait for one request. */
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
   * Forgets a token that was refused, unless another one has taken its place.
   * @returns whether it was there
   */
  drop(key: string, text: string): boolean {
    return this.#tokens.get(key)?.text === text && this.#tokens.delete(key);
  }
}
