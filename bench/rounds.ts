import { loadavg } from 'node:os';
import type { Contender } from './contenders/contender.ts';
import type { Content } from './content.ts';
import type { Item } from './items/item.ts';
import type { LoadResult } from './load/load-result.ts';
import { touchMemory } from './machine.ts';
import { resetPeak, usageOf } from './process-usage.ts';

/** The measurement of one registry in one round of an item. */
export interface Sample {
  /** In the unit of the item. */
  readonly throughput: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Processor time of the registry, in seconds; absent for a registry that runs elsewhere. */
  readonly cpuSeconds: number | undefined;
  /** The amount of work, in the unit of the item without its "/s". */
  readonly amount: number;
  readonly peakBytes: number | undefined;
}

/** An item with the medians of all contenders that take part; `undefined` for a registry that does not support it. */
export interface ItemResult {
  readonly item: Item;
  readonly medians: ReadonlyMap<Contender, Sample | undefined>;
  /** All rounds of all contenders that take part, in order. */
  readonly samples: ReadonlyMap<Contender, readonly Sample[]>;
}

/** The results of all items. */
export interface Measurement {
  readonly results: readonly ItemResult[];
  /** One-minute load averages of the machine, before each round of each item. */
  readonly loads: readonly number[];
}

/** Runs the items. In each round of an item the registries run in turn, and each round begins with another registry. */
export async function measure(
  all: readonly Contender[],
  {
    items,
    content,
    folder,
    rounds,
    say,
  }: { items: readonly Item[]; content: Content; folder: string; rounds: number; say: (line: string) => void },
): Promise<Measurement> {
  // No two runs push the same blobs.
  const run = Date.now();
  const loads: number[] = [];
  const results: ItemResult[] = [];
  for (const item of items) {
    const contenders = all.filter((contender) => contender.takesPart(item.id));
    const samples = new Map<Contender, Sample[]>(contenders.map((contender) => [contender, []]));
    for (let round = 0; round < rounds; round++) {
      loads.push(loadavg()[0] ?? Number.NaN);
      for (let turn = 0; turn < contenders.length; turn++) {
        const contender = contenders[(round + turn) % contenders.length] as Contender;
        if (item.newBytes !== undefined) await touchMemory(folder, item.newBytes(content));
        const sample = await measureOnce(contender, item, { content, round: `${run} ${round} ${contender.name}` });
        if (sample !== undefined) samples.get(contender)?.push(sample);
      }
    }
    const medians = new Map(contenders.map((contender) => [contender, medianOf(samples.get(contender) ?? [])]));
    results.push({ item, medians, samples });
    say(lineOf({ item, medians }));
  }
  return { results, loads };
}

async function measureOnce(
  { url, pid }: Contender,
  item: Item,
  { content, round }: { content: Content; round: string },
): Promise<Sample | undefined> {
  if (pid !== undefined) await resetPeak(pid);
  const before = pid === undefined ? undefined : await usageOf(pid);
  const result = await item.run({ url, content }, round);
  const after = pid === undefined ? undefined : await usageOf(pid);
  if (result === undefined) return undefined;
  const amount = amountOf(item, result);
  return {
    throughput: amount / result.seconds,
    p50Ms: result.p50Ms,
    p99Ms: result.p99Ms,
    cpuSeconds: before && after && after.cpuSeconds - before.cpuSeconds,
    amount,
    peakBytes: after?.peakBytes,
  };
}

function amountOf({ unit }: Item, { bytes, count }: LoadResult): number {
  return unit === 'MB/s' ? bytes / 1e6 : count;
}

function lineOf({ item, medians }: Pick<ItemResult, 'item' | 'medians'>): string {
  const parts = Array.from(medians, ([{ name }, its]) => `${name} ${its?.throughput.toFixed(1) ?? 'not supported'}`);
  return `${item.title} (${item.unit}): ${parts.join(', ')}`;
}

/** The complete sample with the median throughput: numbers of different runs are not mixed. */
export function medianOf(samples: readonly Sample[]): Sample | undefined {
  return samples.toSorted((a, b) => a.throughput - b.throughput)[Math.floor(samples.length / 2)];
}
