/** Something that the service lends for a while. */
export interface Lease<Value> {
  readonly value: Value;
  /** When it should be renewed, and when it ends, in milliseconds since 1970. */
  readonly renewAtMs: number;
  readonly endsAtMs: number;
}

/** A renewal that failed, or did not last, is not tried again sooner. */
const PAUSE_MS = 30_000;

/**
 * A token or a key that is asked for once and used until it must be renewed. All calls share one renewal, and none waits
 * for it, or fails with it, while the old value is valid.
 */
export class Renewed<Value> {
  readonly #ask: () => Promise<Lease<Value>>;
  readonly #now: () => number;
  #current: Lease<Value> | undefined;
  #asking: Promise<Value> | undefined;
  #askedAtMs = -Infinity;

  constructor(ask: () => Promise<Lease<Value>>, now: () => number = Date.now) {
    this.#ask = ask;
    this.#now = now;
  }

  /** @throws what asking throws, when there is no valid value */
  async get(): Promise<Value> {
    const nowMs = this.#now();
    const current = this.#current;
    if (current === undefined || nowMs >= current.endsAtMs) return this.#renew();
    // Its failure concerns nobody while the old value is valid.
    if (nowMs >= current.renewAtMs && nowMs >= this.#askedAtMs + PAUSE_MS) this.#renew().catch(() => undefined);
    return current.value;
  }

  #renew(): Promise<Value> {
    this.#askedAtMs = this.#now();
    this.#asking ??= this.#store().finally(() => (this.#asking = undefined));
    return this.#asking;
  }

  async #store(): Promise<Value> {
    this.#current = await this.#ask();
    return this.#current.value;
  }
}
