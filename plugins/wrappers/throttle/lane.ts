import type { RateLimit } from './rate-limit.ts';

/** Whose turn it is: requests go before jobs. */
export type Party = 'request' | 'job';

/** A call, or a number of bytes, that waits. */
export interface Turn {
  readonly amount: number;
  readonly party: Party;
  /** Whether it counts when new work asks how long it would wait. */
  readonly isQueued: boolean;
  /** The number of turns that came before. */
  readonly order: number;
  readonly begin: () => void;
}

/** The turns that wait for the same limits, in the order in which they came. */
export class Lane {
  readonly #limits: readonly RateLimit[];
  readonly #waiting: Readonly<Record<Party, Set<Turn>>> = { request: new Set(), job: new Set() };

  constructor(limits: readonly RateLimit[]) {
    this.#limits = limits;
  }

  /** Whether all limits let something pass. */
  get isReady(): boolean {
    return this.#limits.every(({ isReady }) => isReady);
  }

  /** When all limits let something pass, on their clock. */
  get readyAtMs(): number {
    return Math.max(...this.#limits.map(({ readyAtMs }) => readyAtMs));
  }

  get isEmpty(): boolean {
    return this.#waiting.request.size === 0 && this.#waiting.job.size === 0;
  }

  /** The backlog of the limit that holds up most, in milliseconds. */
  get backlogMs(): number {
    return Math.max(0, ...this.#limits.map(({ backlogMs }) => backlogMs));
  }

  first(party: Party): Turn | undefined {
    for (const turn of this.#waiting[party]) return turn;
    return undefined;
  }

  add(turn: Turn): void {
    this.#waiting[turn.party].add(turn);
    if (turn.isQueued) for (const limit of this.#limits) limit.queue(turn.amount);
  }

  remove(turn: Turn): void {
    this.#waiting[turn.party].delete(turn);
    if (turn.isQueued) for (const limit of this.#limits) limit.queue(-turn.amount);
  }

  /** Charges all limits at the same time. */
  charge(amount: number): void {
    for (const limit of this.#limits) limit.charge(amount);
  }
}
