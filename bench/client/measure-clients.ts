import { loadavg } from 'node:os';
import type { ImageClient } from './image-client.ts';
import type { ClientItem, ImageShapes } from './items.ts';
import type { TimedRun } from './timed-run.ts';
import { type Place, prepareWork } from './work.ts';

/** An item with the runs of all clients, one per round. */
export interface ClientResult {
  readonly item: ClientItem;
  readonly runs: ReadonlyMap<ImageClient, readonly TimedRun[]>;
}

/** What is measured, and how. */
export interface ClientPlan {
  readonly items: readonly ClientItem[];
  readonly clients: readonly ImageClient[];
  /** The number of rounds for the items of each image. */
  readonly rounds: Readonly<Record<keyof ImageShapes, number>>;
  readonly place: Place;
}

/**
 * Runs the items. In each round of an item the clients run in turn, and each round begins with another client.
 * @returns the results, and the one-minute load averages of the machine before each round of each item
 */
export async function measureClients({
  items,
  clients,
  rounds,
  place,
}: ClientPlan): Promise<{ results: ClientResult[]; loads: number[] }> {
  const results: ClientResult[] = [];
  const loads: number[] = [];
  for (const item of items) {
    const runs = new Map<ImageClient, TimedRun[]>(clients.map((client) => [client, []]));
    const work = await prepareWork(item, place);
    for (let round = 0; round < rounds[item.image]; round += 1) {
      loads.push(loadavg()[0] ?? Number.NaN);
      for (let turn = 0; turn < clients.length; turn += 1) {
        const client = clients[(round + turn) % clients.length] as ImageClient;
        runs.get(client)?.push(await work(client, round));
      }
    }
    results.push({ item, runs });
  }
  return { results, loads };
}

/** The median of `value` over the runs; NaN when no run has it. */
export function medianOf(runs: readonly TimedRun[], value: (run: TimedRun) => number): number {
  return median(runs.map(value));
}

/** The median, the upper one of two; NaN without values. */
export function median(values: readonly number[]): number {
  const sorted = values.filter((each) => !Number.isNaN(each)).toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
