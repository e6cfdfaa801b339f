import { type BudgetClock, SYSTEM_CLOCK } from '../../../core/async/rate-budget.ts';
import { Lane, type Party, type Turn } from './lane.ts';
import type { RateLimit } from './rate-limit.ts';

/** While both wait, a job has a turn after so many turns of requests. */
const REQUESTS_PER_JOB = 10;
/** The longest timer of Node, in milliseconds. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** How something passes. */
export interface PassOptions {
  /** Default: a request. */
  readonly party?: Party | undefined;
  /** Whether it belongs to a stream that is open, which others expect to share the rate with. */
  readonly isChunk?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Where turns wait that need the same limits. */
export interface Line {
  /** Whether anything ever waits here. */
  readonly isLimited: boolean;
  /** How long a request that comes now would wait for its turn, in milliseconds; chunks that wait do not count. */
  readonly backlogMs: () => number;
  /**
   * Waits for the turn of so many calls or bytes. A turn that is given up costs nothing.
   * @throws the reason of the signal, as soon as it aborts
   */
  readonly pass: (amount: number, options?: PassOptions) => Promise<void>;
}

/**
 * Lets turns begin as soon as all of their limits let them pass: those of requests in the order in which they came, then
 * those of jobs in theirs. While requests keep waiting, each eleventh turn is one of a job. A turn whose limits do not let
 * it pass yet holds up only those that need the same limits.
 */
export class Turns {
  readonly #clock: BudgetClock;
  readonly #lanes: Lane[] = [];
  #came = 0;
  #waiting = 0;
  /** How many turns of requests began while one of a job could have begun. */
  #passedJob = 0;
  /** Ends the wait for the next turn; `undefined` while nothing waits. */
  #pause: { readonly untilMs: number; readonly end: AbortController } | undefined;

  constructor(clock: BudgetClock = SYSTEM_CLOCK) {
    this.#clock = clock;
  }

  /** How many turns wait. */
  get waiting(): number {
    return this.#waiting;
  }

  /** A line for turns that need all of these limits, which other lines may share. */
  line(limits: readonly RateLimit[]): Line {
    const lane = new Lane(limits);
    const isLimited = limits.length > 0;
    if (isLimited) this.#lanes.push(lane);
    return {
      isLimited,
      backlogMs: () => lane.backlogMs,
      pass: async (amount, options = {}) => {
        options.signal?.throwIfAborted();
        if (this.#waiting === 0 && lane.isReady) lane.charge(amount);
        else if (isLimited) await this.#wait(lane, amount, options);
      },
    };
  }

  #wait(lane: Lane, amount: number, { party = 'request', isChunk = false, signal }: PassOptions): Promise<void> {
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        this.#remove(lane, turn);
        // Without it, a process that ends would wait for nobody's turn.
        if (this.#waiting === 0) this.#pause?.end.abort();
        reject(signal?.reason as Error);
      };
      const begin = (): void => {
        signal?.removeEventListener('abort', giveUp);
        resolve();
      };
      this.#came += 1;
      const turn = { amount, party, isQueued: party === 'request' && !isChunk, order: this.#came, begin };
      signal?.addEventListener('abort', giveUp, { once: true });
      lane.add(turn);
      this.#waiting += 1;
      if (this.#pause === undefined) void this.#serve();
      else if (lane.readyAtMs < this.#pause.untilMs) this.#pause.end.abort();
    });
  }

  async #serve(): Promise<void> {
    while (this.#waiting > 0) {
      const untilMs = Math.min(...this.#lanes.flatMap((lane) => (lane.isEmpty ? [] : [lane.readyAtMs])));
      this.#pause = { untilMs, end: new AbortController() };
      const ms = Math.max(0, untilMs - this.#clock.monotonic());
      await this.#clock.wait(Math.min(ms, MAX_TIMER_MS), this.#pause.end.signal);
      for (let next = this.#next(); next !== undefined; next = this.#next()) {
        const { lane, turn } = next;
        this.#remove(lane, turn);
        lane.charge(turn.amount);
        turn.begin();
      }
    }
    this.#pause = undefined;
  }

  #next(): { readonly lane: Lane; readonly turn: Turn } | undefined {
    const ready = this.#lanes.filter((lane) => !lane.isEmpty && lane.isReady);
    const [request, job] = [earliestOf(ready, 'request'), earliestOf(ready, 'job')];
    if (request === undefined || job === undefined) return request ?? job;
    this.#passedJob = (this.#passedJob + 1) % (REQUESTS_PER_JOB + 1);
    return this.#passedJob === 0 ? job : request;
  }

  #remove(lane: Lane, turn: Turn): void {
    lane.remove(turn);
    this.#waiting -= 1;
  }
}

function earliestOf(lanes: readonly Lane[], party: Party): { lane: Lane; turn: Turn } | undefined {
  let earliest: { lane: Lane; turn: Turn } | undefined;
  for (const lane of lanes) {
    const turn = lane.first(party);
    if (turn !== undefined && (earliest === undefined || turn.order < earliest.turn.order)) earliest = { lane, turn };
  }
  return earliest;
}
