import type { Contender } from '../contenders/contender.ts';
import type { ItemResult, Measurement, Sample } from '../rounds.ts';
import { formatNumber, table } from './table.ts';

/**
 * The difference between two builds: for each item, the medians of the ratios of all rounds. Both builds run in turn,
 * so a machine that becomes slower affects both.
 */
export function pairedTable({ results }: Measurement, now: Contender, before: Contender): string {
  const rows = results.map((result) => [
    `${result.item.title} (${result.item.unit})`,
    formatNumber(result.medians.get(before)?.throughput),
    formatNumber(result.medians.get(now)?.throughput),
    change(ratios(result, { now, before }, ({ throughput }) => throughput)),
    change(ratios(result, { now, before }, ({ cpuSeconds, amount }) => (cpuSeconds ?? Number.NaN) / amount)),
  ]);
  return table(['', before.name, now.name, 'throughput', 'CPU per request, push or MB'], rows);
}

/** The ratios of all rounds that both builds completed. */
function ratios(
  { samples }: ItemResult,
  { now, before }: { now: Contender; before: Contender },
  value: (sample: Sample) => number,
): number[] {
  const earlier = samples.get(before) ?? [];
  return (samples.get(now) ?? []).flatMap((sample, round) => {
    const its = earlier[round];
    return its === undefined ? [] : [value(sample) / value(its)];
  });
}

/** The median and the quartiles, as `+1.2 % (-0.3 … +2.0)`. */
function change(values: readonly number[]): string {
  const sorted = values.filter(Number.isFinite).toSorted((a, b) => a - b);
  if (sorted.length === 0) return '';
  const [low, median, high] = [0.25, 0.5, 0.75].map((part) => percent(quantile(sorted, part)));
  return `${median} % (${low} … ${high})`;
}

function quantile(sorted: readonly number[], part: number): number {
  const place = (sorted.length - 1) * part;
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
}

function percent(ratio: number): string {
  const value = (ratio - 1) * 100;
  return `${value < 0 ? '' : '+'}${value.toFixed(1)}`;
}
