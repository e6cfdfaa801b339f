import type { Digest } from '../../digest/digest.ts';

/** A caller that waits until every manifest of a list has been checked. */
interface Caller {
  /** The number of checks until then. */
  left: number;
  readonly resolve: (present: boolean[]) => void;
}

/** A list that is checked in a cycle for as long as any caller waits. */
interface Round {
  readonly check: (digest: Digest) => boolean;
  /** The result of the last check of each. */
  readonly present: boolean[];
  callers: Caller[];
  /** The index of the next check. */
  next: number;
}

/**
 * Checks lists of manifests with synchronous check-ups, a few manifests in each turn of the event loop. A caller that
 * asks about a list that is being checked joins it and waits for one whole cycle from there. So every check happens
 * after the call, and many callers cost little more than one.
 */
export class SharedChecks {
  readonly #maxInTurn: number;
  // A Map keeps insertion order, so the lists take turns.
  readonly #rounds = new Map<readonly Digest[], Round>();

  constructor(maxInTurn: number) {
    this.#maxInTurn = maxInTurn;
  }

  /**
   * Resolves with the results of checks that all happen after this call.
   * @param digests at least one; callers that pass the same array share checks
   * @param check the same function for the same array; it must not throw
   */
  check(digests: readonly Digest[], check: (digest: Digest) => boolean): Promise<boolean[]> {
    const { promise, resolve } = Promise.withResolvers<boolean[]>();
    if (this.#rounds.size === 0) setImmediate(() => this.#takeTurn());
    const round = this.#rounds.get(digests) ?? { check, present: [], callers: [], next: 0 };
    round.callers.push({ left: digests.length, resolve });
    this.#rounds.set(digests, round);
    return promise;
  }

  #takeTurn(): void {
    const [first] = this.#rounds;
    if (first === undefined) return;
    const [digests, round] = first;
    this.#rounds.delete(digests);
    this.#checkSome(digests, round);
    if (round.callers.length > 0) this.#rounds.set(digests, round);
    if (this.#rounds.size > 0) setImmediate(() => this.#takeTurn());
  }

  #checkSome(digests: readonly Digest[], round: Round): void {
    // No more than the last caller needs.
    const count = Math.min(this.#maxInTurn, round.callers.at(-1)?.left ?? 0);
    for (let checks = 0; checks < count; checks += 1) {
      round.present[round.next] = round.check(digests[round.next] as Digest);
      round.next = (round.next + 1) % digests.length;
    }
    for (const caller of round.callers) {
      caller.left -= count;
      if (caller.left <= 0) caller.resolve([...round.present]);
    }
    round.callers = round.callers.filter(({ left }) => left > 0);
  }
}
