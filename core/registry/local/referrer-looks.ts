import type { Digest } from '../../digest/digest.ts';

/** Who waits until every manifest of a list was looked at. */
interface Asker {
  /** How many looks there have to be until then. */
  left: number;
  readonly resolve: (present: boolean[]) => void;
}

/** A list that is looked at, round and round as long as anybody waits. */
interface Round {
  readonly look: (digest: Digest) => boolean;
  /** What the last look at each found. */
  readonly present: boolean[];
  askers: Asker[];
  /** The index of the next look. */
  next: number;
}

/**
 * Looks at lists of manifests without waiting, some manifests in each turn of the event loop. Who asks about a list that
 * is being looked at joins in and waits for one whole round from there. So every look comes after the question, and many
 * askers cost little more than one.
 */
export class SharedLooks {
  readonly #maxInTurn: number;
  // A Map keeps the order of insertion: the lists take turns.
  readonly #rounds = new Map<readonly Digest[], Round>();

  constructor(maxInTurn: number) {
    this.#maxInTurn = maxInTurn;
  }

  /**
   * Resolves with what the looks found, each of which comes after this call.
   * @param digests at least one; those who give the same array share looks
   * @param look the same for the same array; it must not fail
   */
  look(digests: readonly Digest[], look: (digest: Digest) => boolean): Promise<boolean[]> {
    const { promise, resolve } = Promise.withResolvers<boolean[]>();
    if (this.#rounds.size === 0) setImmediate(() => this.#takeTurn());
    const round = this.#rounds.get(digests) ?? { look, present: [], askers: [], next: 0 };
    round.askers.push({ left: digests.length, resolve });
    this.#rounds.set(digests, round);
    return promise;
  }

  #takeTurn(): void {
    const [first] = this.#rounds;
    if (first === undefined) return;
    const [digests, round] = first;
    this.#rounds.delete(digests);
    this.#lookAtSome(digests, round);
    if (round.askers.length > 0) this.#rounds.set(digests, round);
    if (this.#rounds.size > 0) setImmediate(() => this.#takeTurn());
  }

  #lookAtSome(digests: readonly Digest[], round: Round): void {
    // No more than the last asker needs.
    const count = Math.min(this.#maxInTurn, round.askers.at(-1)?.left ?? 0);
    for (let looks = 0; looks < count; looks += 1) {
      round.present[round.next] = round.look(digests[round.next] as Digest);
      round.next = (round.next + 1) % digests.length;
    }
    for (const asker of round.askers) {
      asker.left -= count;
      if (asker.left <= 0) asker.resolve([...round.present]);
    }
    round.askers = round.askers.filter(({ left }) => left > 0);
  }
}
