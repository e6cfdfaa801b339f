/** Tells the operator. */
export type Warn = (message: string, fields?: Readonly<Record<string, unknown>>) => void;

/** How often one and the same kind of trouble is told, in milliseconds. */
const REPEAT_MS = 60_000;

/**
 * Says once that Redis is away and once that it is back; errors that it answers with at most once a minute. One that takes
 * no writes counts as away, and as back when it has not said so for a minute: connecting anew leads to it again and again.
 */
export class RedisErrors {
  readonly #purpose: string;
  readonly #warn: Warn;
  #isOn = false;
  #complainedAt = Number.NEGATIVE_INFINITY;
  #readOnlyAt = Number.NEGATIVE_INFINITY;
  readonly #now: () => number;

  /**
   * @param purpose what Redis is used for and what happens without it
   * @param now a time in milliseconds that never goes back
   */
  constructor(purpose: string, warn: Warn, now = (): number => performance.now()) {
    this.#purpose = purpose;
    this.#warn = warn;
    this.#now = now;
  }

  begin(reason: string): void {
    if (this.#isOn) return;
    this.#isOn = true;
    this.#warn(`Redis is away (${this.#purpose}): ${reason}`, { redis: 'away' });
  }

  /** The server takes no writes, as a replica does. */
  beginReadOnly(reason: string): void {
    this.#readOnlyAt = this.#now();
    this.begin(reason);
  }

  /** Called whenever Redis does its part. */
  end(): void {
    if (!this.#isOn || this.#now() - this.#readOnlyAt < REPEAT_MS) return;
    this.#isOn = false;
    this.#warn(`Redis is back (${this.#purpose})`, { redis: 'back' });
  }

  /** Redis is there, but what it answers is of no use. */
  complain(reason: string): void {
    const now = this.#now();
    if (now - this.#complainedAt < REPEAT_MS) return;
    this.#complainedAt = now;
    this.#warn(`Redis does not do its part (${this.#purpose}): ${reason}`, { redis: 'refused' });
  }
}
