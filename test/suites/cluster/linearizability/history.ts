/** What a register holds: a digest; `undefined` while nothing was written, and when it was deleted. */
export type Value = string | undefined;

/** One operation on a register; times are of one monotonic clock, in milliseconds. */
export interface Operation {
  readonly kind: 'read' | 'write';
  /** What was written, or what was read; deleting is writing nothing. */
  readonly value: Value;
  readonly start: number;
  /** When its answer had come; infinite for a write that may take effect at any time or never. */
  readonly end: number;
  /** The client, for messages. */
  readonly by?: string | undefined;
}

/** What clients saw of registers, each with a name. */
export class History {
  readonly #operations = new Map<string, Operation[]>();
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  get names(): string[] {
    return [...this.#operations.keys()];
  }

  /** All operations on one register. */
  of(name: string): readonly Operation[] {
    return this.#operations.get(name) ?? [];
  }

  /** Records a read that begins now, if it has an answer; one without an answer proves nothing. */
  async read(name: string, by: string, ask: () => Promise<{ value: Value } | undefined>): Promise<Value> {
    const start = this.#now();
    const answer = await ask();
    if (answer !== undefined) this.#add(name, { kind: 'read', value: answer.value, start, end: this.#now(), by });
    return answer?.value;
  }

  /**
   * Records a write that begins now.
   * @param send says how often the request was sent at least once, and whether it was acknowledged. Each time that
   *   remained without an answer may take effect at any time, or never.
   */
  async write(name: string, { value, by }: { value: Value; by: string }, send: () => Promise<Sent>): Promise<Sent> {
    const start = this.#now();
    const sent = await send();
    const end = this.#now();
    if (sent.isAcknowledged) this.#add(name, { kind: 'write', value, start, end, by });
    else if (sent.found !== undefined) this.#add(name, { kind: 'read', value: sent.found.value, start, end, by });
    for (let unknown = 0; unknown < sent.unanswered; unknown += 1) {
      this.#add(name, { kind: 'write', value, start, end: Number.POSITIVE_INFINITY, by });
    }
    return sent;
  }

  #add(name: string, operation: Operation): void {
    const operations = this.#operations.get(name);
    if (operations === undefined) this.#operations.set(name, [operation]);
    else operations.push(operation);
  }
}

/** The outcome of a write. */
export interface Sent {
  readonly isAcknowledged: boolean;
  /** How many times it was sent without an answer: a balancer may try a second instance when the first one dies. */
  readonly unanswered: number;
  /** The state that was found instead of an acknowledgement: deleting a missing tag is a read. */
  readonly found?: { readonly value: Value };
}
