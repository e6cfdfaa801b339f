import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate } from 'node:timers/promises';
import { guardDriver, type StorageDriver } from '../../../core/driver/index.ts';
import { MemoryDriver } from '../../../drivers/memory/memory-driver.ts';
import { type CallSite, DriverWrapper } from '../drivers/driver-wrapper.ts';
import { atLength } from '../running/length.ts';

/**
 * How often a lane may be interrupted by another one before it has ended. Most races show with two interruptions; there
 * are many more orders in total.
 */
const MAX_INTERRUPTIONS = atLength({ full: Number.POSITIVE_INFINITY, short: 2 });

/** An action that runs concurrently with others. */
export type Lane = () => Promise<unknown>;

/** One order of calls. */
export interface Interleaving {
  /** The lanes in the order in which their calls went, for example `put put delete put`. */
  readonly order: string;
  readonly outcomes: Readonly<Record<string, PromiseSettledResult<unknown>>>;
}

interface WaitingCall {
  readonly lane: string;
  readonly go: () => void;
}

/** Runs the relevant calls of lanes one at a time; others pass. */
class LaneDriver extends DriverWrapper {
  readonly waiting: WaitingCall[] = [];
  readonly #lane: AsyncLocalStorage<string>;
  readonly #matters: (site: CallSite) => boolean;

  constructor(lane: AsyncLocalStorage<string>, matters: (site: CallSite) => boolean) {
    super(new MemoryDriver());
    this.#lane = lane;
    this.#matters = matters;
  }

  protected override async around<Result>(site: CallSite, action: () => Promise<Result>): Promise<Result> {
    const lane = this.#lane.getStore();
    if (lane !== undefined && this.#matters(site)) {
      await new Promise<void>((resolve) => {
        this.waiting.push({ lane, go: resolve });
      });
    }
    return action();
  }
}

/** The lanes to run in every order. */
export interface Race<State> {
  /** Creates the lanes, which all use the given driver; its own calls are not interleaved. */
  readonly prepare: (driver: StorageDriver) => Promise<{ lanes: Readonly<Record<string, Lane>>; state: State }>;
  /** The calls to reorder; the number of orders grows fast with their number. */
  readonly matters: (site: CallSite) => boolean;
  /** Called after each run. */
  readonly check: (state: State, run: Interleaving) => Promise<void>;
}

/**
 * Runs lanes on a fresh memory driver once for every order of their driver calls; in
 * `npm test` only for those with few interruptions.
 * @returns the number of orders
 */
export async function everyInterleaving<State>({ prepare, matters, check }: Race<State>): Promise<number> {
  let choices: number[] = [];
  for (let runs = 1; ; runs += 1) {
    const storage = new AsyncLocalStorage<string>();
    const driver = new LaneDriver(storage, matters);
    const { lanes, state } = await prepare(guardDriver(driver));
    const { interleaving, branches } = await runLanes({ lanes, driver, storage }, choices);
    await check(state, interleaving);
    const open = branches.findLastIndex(({ taken, options }) => taken < options - 1);
    if (open < 0) return runs;
    choices = branches.slice(0, open + 1).map(({ taken }, index) => (index === open ? taken + 1 : taken));
  }
}

interface Branch {
  readonly taken: number;
  readonly options: number;
}

async function runLanes(
  {
    lanes,
    driver,
    storage,
  }: { lanes: Readonly<Record<string, Lane>>; driver: LaneDriver; storage: AsyncLocalStorage<string> },
  choices: readonly number[],
): Promise<{ interleaving: Interleaving; branches: Branch[] }> {
  const outcomes: Record<string, PromiseSettledResult<unknown>> = {};
  const all = Object.entries(lanes).map(async ([name, lane]) => {
    const [outcome] = await Promise.allSettled([storage.run(name, lane)]);
    outcomes[name] = outcome;
  });
  const branches: Branch[] = [];
  const order: string[] = [];
  let last: string | undefined;
  let interruptions = 0;
  for (;;) {
    // The memory driver needs only ticks and microtasks, so every lane waits or has ended after this.
    await setImmediate();
    const names = [...new Set(driver.waiting.map(({ lane }) => lane))].sort();
    if (names.length === 0) break;
    const canGoOn = last !== undefined && names.includes(last);
    const candidates = canGoOn && interruptions >= MAX_INTERRUPTIONS ? [last] : names;
    const taken = choices[branches.length] ?? 0;
    branches.push({ taken, options: candidates.length });
    const chosen = candidates[taken] ?? '';
    const index = driver.waiting.findIndex(({ lane }) => lane === chosen);
    const [next] = driver.waiting.splice(index, 1);
    order.push(chosen);
    if (canGoOn && chosen !== last) interruptions += 1;
    last = chosen;
    next?.go();
  }
  await Promise.all(all);
  return { interleaving: { order: order.join(' '), outcomes }, branches };
}
