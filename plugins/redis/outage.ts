/** Tells the operator. */
export type Warn = (message: string, fields?: Readonly<Record<string, unknown>>) => void;

/** How often one and the same kind of trouble is told, in milliseconds. */
const REPEAT_MS = 60_000;

/** Says once that Redis is away and once that it is back; errors that it answers with at most once a minute. */
export class Outage {
  readonly #purpose: string;
  readonly #warn: Warn;
  #isOn = false;
  #complainedAt = Number.NEGATIVE_INFINITY;

  /** @param purpose what Redis is used for and what happens without it */
  constructor(purpose: string, warn: Warn) {
    this.#purpose = purpose;
    this.#warn = warn;
  }

  begin(reason: string): void {
    if (this.#isOn) return;
    this.#isOn = true;
    this.#warn(`Redis is away (${this.#purpose}): ${reason}`, { redis: 'away' });
  }

  end(): void {
    if (!this.#isOn) return;
    this.#isOn = false;
    this.#warn(`Redis is back (${this.#purpose})`, { redis: 'back' });
  }

  /** Redis is there, but what it answers is of no use. */
  complain(reason: string): void {
    const now = performance.now();
    if (now - this.#complainedAt < REPEAT_MS) return;
    this.#complainedAt = now;
    this.#warn(`Redis does not do its part (${this.#purpose}): ${reason}`, { redis: 'refused' });
  }
}
