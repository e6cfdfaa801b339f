import type { Operation, Value } from './history.ts';

/** A register can begin with one value, or with any that makes the history possible. */
export interface CheckOptions {
  /** The value before all operations; by default nothing. `any` tries every value of the history. */
  readonly initial?: 'any' | undefined;
}

/**
 * Whether operations on one register could have happened one after the other, each at some moment between its start
 * and its end, so that every read gives the value of the last write before it. The search of Wing and Gong with the
 * memory of Lowe ("Testing for linearizability", 2017): a state that has failed once is not tried again.
 *
 * Writes whose outcome is unknown (an infinite end) may take effect at any moment after their start, or never.
 */
export function isLinearizable(operations: readonly Operation[], { initial }: CheckOptions = {}): boolean {
  const values: Value[] =
    initial === 'any' ? [undefined, ...new Set(operations.map(({ value }) => value))] : [undefined];
  return values.some((value) => new Search(operations).succeeds(value));
}

interface State {
  readonly value: Value;
  /** All certain operations before this index have taken place. */
  readonly frontier: number;
  /** Certain ones from the frontier on that have taken place, ascending. */
  readonly done: readonly number[];
  /** Unknown writes that have taken effect, ascending. */
  readonly used: readonly number[];
}

class Search {
  /** Those that have taken place by their end, in the order of their starts. */
  readonly #certain: readonly Operation[];
  readonly #unknown: readonly Operation[];
  readonly #failed = new Set<string>();

  constructor(operations: readonly Operation[]) {
    const sorted = operations.toSorted((a, b) => a.start - b.start);
    const read = new Set(sorted.filter(({ kind }) => kind === 'read').map(({ value }) => value));
    this.#certain = sorted.filter(({ end }) => Number.isFinite(end));
    // A write that was never read may as well never have happened.
    this.#unknown = sorted.filter(({ end, value }) => !Number.isFinite(end) && read.has(value));
  }

  succeeds(value: Value): boolean {
    const stack: State[] = [{ value, frontier: 0, done: [], used: [] }];
    for (let state = stack.pop(); state !== undefined; state = stack.pop()) {
      const settled = this.#takeReads(state);
      if (settled.frontier === this.#certain.length) return true;
      const key = [settled.value, settled.frontier, settled.done, settled.used].join('|');
      if (this.#failed.has(key)) continue;
      this.#failed.add(key);
      stack.push(...this.#next(settled));
    }
    return false;
  }

  /** Applies every read that is possible and fits: it changes nothing, so there is no reason to wait. */
  #takeReads(from: State): State {
    let state = from;
    for (;;) {
      const { value } = state;
      const { candidates } = this.#candidates(state);
      const fits = candidates.find((index) => {
        const operation = this.#certain[index];
        return operation?.kind === 'read' && operation.value === value;
      });
      if (fits === undefined) return state;
      state = this.#after(state, fits, value);
    }
  }

  /** The possible next steps: a write that may take place now, certain or not. */
  #next(state: State): State[] {
    const { candidates, firstEnd } = this.#candidates(state);
    const next = candidates
      .filter((index) => this.#certain[index]?.kind === 'write')
      .map((index) => this.#after(state, index, this.#certain[index]?.value));
    for (const [index, { start, value }] of this.#unknown.entries()) {
      if (state.used.includes(index) || start > firstEnd) continue;
      const used = [...state.used, index].sort((a, b) => a - b);
      next.push({ ...state, value, used });
    }
    return next;
  }

  /** Certain operations that may be next: nothing that is still to come has ended before they began. */
  #candidates({ frontier, done }: State): { candidates: number[]; firstEnd: number } {
    const candidates: number[] = [];
    let firstEnd = Number.POSITIVE_INFINITY;
    for (let index = frontier; index < this.#certain.length; index += 1) {
      const operation = this.#certain[index];
      if (operation === undefined || operation.start > firstEnd) break;
      if (done.includes(index)) continue;
      candidates.push(index);
      firstEnd = Math.min(firstEnd, operation.end);
    }
    return { candidates, firstEnd };
  }

  #after({ frontier, done, used }: State, index: number, value: Value): State {
    const all = new Set([...done, index]);
    let next = frontier;
    while (all.delete(next)) next += 1;
    return { value, frontier: next, done: [...all].sort((a, b) => a - b), used };
  }
}
