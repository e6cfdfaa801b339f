/** Logs a message for the operator. */
export type Warn = (message: string, fields?: Readonly<Record<string, unknown>>) => void;

/** The minimum interval between two reports of the same kind of error, in milliseconds. */
const REPEAT_MS = 60_000;

/**
 * Reports once that Redis is unavailable and once that it is back; error answers at most once a minute. A server that
 * refuses writes counts as unavailable, and as back when it has not refused one for a minute, because reconnecting
 * leads to it again and again.
 */
export class RedisErrors {
  readonly #purpose: string;
  readonly #warn: Warn;
  #isOn = false;
  #complainedAt = Number.NEGATIVE_INFINITY;
  #readOnlyAt = Number.NEGATIVE_INFINITY;
  readonly #now: () => number;

  /**
   * @param purpose the use of Redis and the effect of its absence
   * @param now a monotonic time in milliseconds
   */
  constructor(purpose: string, warn: Warn, now = (): number => performance.now()) {
    this.#purpose = purpose;
    this.#warn = warn;
    this.#now = now;
  }

  begin(reason: string): void {
    if (this.#isOn) return;
    this.#isOn = true;
    this.#warn(`Redis is unavailable (${this.#purpose}): ${reason}`, { redis: 'away' });
  }

  /** Call this when the server refuses writes, as a replica does. */
  beginReadOnly(reason: string): void {
    this.#readOnlyAt = this.#now();
    this.begin(reason);
  }

  /** Call this after each successful command. */
  end(): void {
    if (!this.#isOn || this.#now() - this.#readOnlyAt < REPEAT_MS) return;
    this.#isOn = false;
    this.#warn(`Redis is available again (${this.#purpose})`, { redis: 'back' });
  }

  /** Call this when Redis answers with an error. */
  complain(reason: string): void {
    const now = this.#now();
    if (now - this.#complainedAt < REPEAT_MS) return;
    this.#complainedAt = now;
    this.#warn(`Redis answered with an error (${this.#purpose}): ${reason}`, { redis: 'refused' });
  }
}
