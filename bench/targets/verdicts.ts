import type { Contender } from '../contenders/contender.ts';
import { DISTRIBUTION } from '../contenders/distribution.ts';
import type { AllResources } from '../memory/resources.ts';
import type { ItemResult, Sample } from '../rounds.ts';
import {
  COSTS,
  CPU_ITEMS,
  LEAST_DIGEST_SHARE,
  LEAST_RATES,
  LEAST_RATIOS,
  MOST_CPU_RATIO,
  ONE_PROCESS_SHARE,
  SPED_UP,
} from './goals.ts';
import { resourceVerdicts } from './resource-verdicts.ts';
import { atLeast, atMost, type Verdict } from './verdict.ts';

/** The results to compare. */
export interface Comparison {
  readonly results: readonly ItemResult[];
  readonly resources: AllResources;
  readonly contenders: readonly Contender[];
  /** The throughput of sha256 alone on one core, in MB/s. */
  readonly digestRate: number;
}

/** The targets of one way of running Stowage that the measured items allow to check. */
export function verdicts(comparison: Comparison, ours: Contender): Verdict[] {
  return [
    ...ratioVerdicts(comparison, ours),
    ...cpuVerdicts(comparison, ours),
    ...rateVerdicts(comparison, ours),
    ...costVerdicts(comparison, ours),
    ...digestVerdict(comparison, ours),
    ...resourceVerdicts(comparison.resources, ours),
  ];
}

/** The ratio of the throughput to the rival's; `undefined` when one of them has none. */
export function ratioOf({ medians }: ItemResult, ours: Contender, rival: Contender | undefined): number | undefined {
  const its = medians.get(ours)?.throughput;
  const others = rival && medians.get(rival)?.throughput;
  return its === undefined || others === undefined ? undefined : its / others;
}

/** Processor time of the registry for one request, push or image, or for a megabyte; in milliseconds. */
export function cpuMsOf(sample: Sample | undefined): number | undefined {
  return sample?.cpuSeconds === undefined ? undefined : (sample.cpuSeconds * 1000) / sample.amount;
}

function ratioVerdicts({ results, contenders }: Comparison, ours: Contender): Verdict[] {
  return contenders.flatMap((rival) =>
    results.flatMap((result) => {
      const { id, title } = result.item;
      const least = LEAST_RATIOS[rival.name]?.[id];
      const ratio = ratioOf(result, ours, rival);
      if (least === undefined || ratio === undefined) return [];
      const isEased = ours.workers === 1 && rival.name === DISTRIBUTION && SPED_UP.includes(id);
      return [
        atLeast(title, {
          least: isEased ? least * ONE_PROCESS_SHARE : least,
          reached: ratio,
          of: `times ${rival.name}`,
        }),
      ];
    }),
  );
}

function cpuVerdicts({ results, contenders }: Comparison, ours: Contender): Verdict[] {
  const rival = contenders.find(({ name }) => name === DISTRIBUTION);
  return results.flatMap(({ item, medians }) => {
    if (rival === undefined || !CPU_ITEMS.some((id) => id === item.id)) return [];
    const ratio = (cpuMsOf(medians.get(ours)) ?? Number.NaN) / (cpuMsOf(medians.get(rival)) ?? Number.NaN);
    if (Number.isNaN(ratio)) return [];
    return [
      atMost(`${item.title}: processor time`, { most: MOST_CPU_RATIO, reached: ratio, of: `times ${rival.name}` }),
    ];
  });
}

function rateVerdicts({ results }: Comparison, ours: Contender): Verdict[] {
  return results.flatMap(({ item, medians }) => {
    const least = LEAST_RATES[item.id];
    const reached = medians.get(ours)?.throughput;
    if (ours.workers === 1 || least === undefined || reached === undefined) return [];
    return [atLeast(item.title, { least, reached, of: item.unit })];
  });
}

function costVerdicts({ results }: Comparison, ours: Contender): Verdict[] {
  return COSTS.flatMap(({ cheap, dear, most, title }) => {
    const [fast, slow] = [throughput(results, ours, cheap), throughput(results, ours, dear)];
    if (fast === undefined || slow === undefined) return [];
    return [atMost(title, { most, reached: fast / slow, of: 'times its cost' })];
  });
}

function digestVerdict({ results, digestRate }: Comparison, ours: Contender): Verdict[] {
  const rate = throughput(results, ours, 'push-monolithic');
  if (rate === undefined) return [];
  const share = { least: LEAST_DIGEST_SHARE, reached: rate / digestRate, of: 'of sha256 alone' };
  return [atLeast('Push 512 MiB in one request', share)];
}

function throughput(results: readonly ItemResult[], ours: Contender, id: string): number | undefined {
  return results.find(({ item }) => item.id === id)?.medians.get(ours)?.throughput;
}
