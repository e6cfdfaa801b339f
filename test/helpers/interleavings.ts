import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate } from 'node:timers/promises';
import { guardDriver, type StorageDriver } from '../../core/driver/index.ts';
import { MemoryDriver } from '../../drivers/memory/memory-driver.ts';
import { type CallSite, DriverWrapper } from './driver-wrapper.ts';

/** Something that runs beside others, and what it is called when a test fails. */
export type Lane = () => Promise<unknown>;

/** What came out of one order of calls. */
export interface Interleaving {
  /** The lanes in the order in which their calls went, for example `put put delete put`. */
  readonly order: string;
  readonly outcomes: Readonly<Record<string, PromiseSettledResult<unknown>>>;
}

interface WaitingCall {
  readonly lane: string;
  readonly go: () => void;
}

/** Lets the calls of lanes go one at a time; calls outside of any lane pass. */
class LaneDriver extends DriverWrapper {
  readonly waiting: WaitingCall[] = [];
  readonly #lane: AsyncLocalStorage<string>;

  constructor(inner: StorageDriver, lane: AsyncLocalStorage<string>) {
    super(inner);
    this.#lane = lane;
  }

  protected override async around<Result>(_site: CallSite, action: () => Promise<Result>): Promise<Result> {
    const lane = this.#lane.getStore();
    if (lane !== undefined) {
      await new Promise<void>((resolve) => {
        this.waiting.push({ lane, go: resolve });
      });
    }
    return action();
  }
}

/**
 * Runs lanes on a fresh memory driver once for every order in which their driver calls can follow each other.
 * @param prepare makes the lanes, all of which use the driver given
 * @param check is called after each run
 * @returns how many orders there were
 */
export async function everyInterleaving<State>(
  prepare: (driver: StorageDriver) => Promise<{ lanes: Readonly<Record<string, Lane>>; state: State }>,
  check: (state: State, run: Interleaving) => Promise<void>,
): Promise<number> {
  let choices: number[] = [];
  let runs = 0;
  for (;;) {
    const storage = new AsyncLocalStorage<string>();
    const driver = new LaneDriver(new MemoryDriver(), storage);
    const { lanes, state } = await prepare(guardDriver(driver));
    const { interleaving, branches } = await runLanes({ lanes, driver, storage }, choices);
    runs += 1;
    await check(state, interleaving);
    while (branches.length > 0 && branches.at(-1)?.taken === (branches.at(-1)?.options ?? 0) - 1) branches.pop();
    if (branches.length === 0) return runs;
    choices = branches.map(({ taken }, index) => (index === branches.length - 1 ? taken + 1 : taken));
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
  for (;;) {
    // The memory driver needs no more than ticks and microtasks, so every lane waits or has ended afterwards.
    await setImmediate();
    const names = [...new Set(driver.waiting.map(({ lane }) => lane))].sort();
    if (names.length === 0) break;
    const taken = choices[branches.length] ?? 0;
    branches.push({ taken, options: names.length });
    const index = driver.waiting.findIndex(({ lane }) => lane === names[taken]);
    const [next] = driver.waiting.splice(index, 1);
    order.push(names[taken] ?? '');
    next?.go();
  }
  await Promise.all(all);
  return { interleaving: { order: order.join(' '), outcomes }, branches };
}
