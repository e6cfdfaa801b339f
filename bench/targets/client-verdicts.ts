import type { ImageClient } from '../client/image-client.ts';
import { type ClientResult, median, medianOf } from '../client/measure-clients.ts';
import type { TimedRun } from '../client/timed-run.ts';
import { MOST_CLIENT_MB, MOST_CLIENT_RATIOS, MOST_TAGS_SECONDS } from './goals.ts';
import { atMost, type Verdict } from './verdict.ts';

/** The targets of a client in comparison with others; without others, those are not met. */
export function clientVerdicts(
  results: readonly ClientResult[],
  ours: ImageClient,
  rivals: readonly ImageClient[],
): Verdict[] {
  return results.flatMap((result) => {
    const { title, work } = result.item;
    const own = result.runs.get(ours) ?? [];
    if (work === 'tags') return [atMost(title, { most: MOST_TAGS_SECONDS, reached: medianOf(own, wall), of: 's' })];
    const memory = { most: MOST_CLIENT_MB, reached: medianOf(own, peak) / 1e6, of: 'MB' };
    return [
      ratioVerdict(`${title}: time`, MOST_CLIENT_RATIOS.wall, pairs(result, { ours, rivals, value: wall })),
      ratioVerdict(`${title}: processor time`, MOST_CLIENT_RATIOS.cpu, pairs(result, { ours, rivals, value: cpu })),
      atMost(`${title}: peak memory`, memory),
    ];
  });
}

interface Pairs {
  readonly rival: string;
  /** In each round, the value as a multiple of the rival's. */
  readonly ratios: readonly number[];
}

/** The comparison with the rival that has the lowest median; `undefined` without rivals. */
function pairs(
  { runs }: ClientResult,
  { ours, rivals, value }: { ours: ImageClient; rivals: readonly ImageClient[]; value: (run: TimedRun) => number },
): Pairs | undefined {
  const medians = rivals.map((rival) => ({ rival, median: medianOf(runs.get(rival) ?? [], value) }));
  const best = medians.toSorted((a, b) => a.median - b.median)[0]?.rival;
  if (best === undefined) return undefined;
  const its = runs.get(best) ?? [];
  const ratios = (runs.get(ours) ?? []).flatMap((run, round) => {
    const other = its[round];
    return other === undefined ? [] : [value(run) / value(other)];
  });
  return { rival: best.name, ratios };
}

function ratioVerdict(title: string, most: number, found: Pairs | undefined): Verdict {
  if (found === undefined) {
    return { title, goal: `at most ${most} times the best other`, reached: 'no other here', met: false };
  }
  return atMost(title, { most, reached: median(found.ratios), of: `times ${found.rival}` });
}

function wall({ wallSeconds }: TimedRun): number {
  return wallSeconds;
}

function cpu({ cpuSeconds }: TimedRun): number {
  return cpuSeconds;
}

function peak({ peakBytes }: TimedRun): number {
  return peakBytes;
}
