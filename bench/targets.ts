import type { Contender } from './contenders.ts';
import type { ItemResult } from './rounds.ts';

/** A target of Stowage, and whether it was reached. */
export interface Verdict {
  readonly title: string;
  readonly goal: string;
  readonly reached: string;
  readonly met: boolean;
}

/** The lowest acceptable ratio of the throughput to the rival's, by item. */
const RATIOS: Readonly<Record<string, number>> = {
  base: 10,
  'manifest-tag': 10,
  'manifest-digest': 10,
  'blob-head': 10,
  'blob-small': 10,
  'blob-large-4': 1,
  'blob-large-16': 1,
  'push-monolithic': 1.5,
};

const DIGEST_SHARE = 0.7;
const MAX_PAGE_RATIO = 2;
const PAGES = [
  ['tags-first', 'tags-last', 'last page of tags to the first'],
  ['catalog-first', 'catalog-last', 'last page of the catalog to the first'],
  ['referrers', 'referrers-last', 'last page of referrers to the first'],
] as const;

/** The results to compare. */
export interface Comparison {
  readonly results: readonly ItemResult[];
  readonly ours: Contender;
  readonly rival: Contender | undefined;
  /** The throughput of sha256 alone on one core, in MB/s. */
  readonly digestRate: number;
}

/** The targets that the measured items allow to check. */
export function verdicts(comparison: Comparison): Verdict[] {
  return [...ratioVerdicts(comparison), ...digestVerdict(comparison), ...pageVerdicts(comparison)];
}

/** The ratio of the throughput to the rival's; `undefined` when one of them has none. */
export function ratioOf({ medians }: ItemResult, ours: Contender, rival: Contender | undefined): number | undefined {
  const its = medians.get(ours)?.throughput;
  const others = rival && medians.get(rival)?.throughput;
  return its === undefined || others === undefined ? undefined : its / others;
}

function ratioVerdicts({ results, ours, rival }: Comparison): Verdict[] {
  return results.flatMap((result) => {
    const least = RATIOS[result.item.id];
    const ratio = ratioOf(result, ours, rival);
    if (least === undefined || ratio === undefined) return [];
    const goal = `at least ${least.toFixed(1)} times ${rival?.name}`;
    return [{ title: result.item.title, goal, reached: `${ratio.toFixed(2)} times`, met: ratio >= least }];
  });
}

function digestVerdict({ results, ours, digestRate }: Comparison): Verdict[] {
  const rate = throughput(results, ours, 'push-monolithic');
  if (rate === undefined) return [];
  const share = rate / digestRate;
  const goal = `at least ${DIGEST_SHARE} of sha256 alone`;
  return [{ title: 'Push 512 MiB in one request', goal, reached: share.toFixed(2), met: share >= DIGEST_SHARE }];
}

function pageVerdicts({ results, ours }: Comparison): Verdict[] {
  return PAGES.flatMap(([first, last, title]) => {
    const [fast, slow] = [throughput(results, ours, first), throughput(results, ours, last)];
    if (fast === undefined || slow === undefined) return [];
    const cost = fast / slow;
    const goal = `at most ${MAX_PAGE_RATIO} times its cost`;
    return [{ title, goal, reached: `${cost.toFixed(2)} times`, met: cost <= MAX_PAGE_RATIO }];
  });
}

function throughput(results: readonly ItemResult[], ours: Contender, id: string): number | undefined {
  return results.find(({ item }) => item.id === id)?.medians.get(ours)?.throughput;
}
