import type { Contender } from '../contenders/contender.ts';
import type { ItemResult, Measurement, Sample } from '../rounds.ts';
import type { Verdict } from '../targets/verdict.ts';
import { cpuMsOf, ratioOf } from '../targets/verdicts.ts';
import type { Bar } from './chart.ts';
import { formatNumber, table } from './table.ts';

/** The throughput of all registries, and its ratio to the rival's. */
export function ratioTable(
  { results }: Measurement,
  contenders: readonly Contender[],
  rival: Contender | undefined,
): string {
  const rows = results.map((result) => [
    `${result.item.title} (${result.item.unit})`,
    ...contenders.map((contender) => throughputCell(result, contender, rival)),
  ]);
  return table(['', ...contenders.map(({ name }) => name)], rows);
}

/** Latency, processor time and memory of one registry. */
export function detailTable({ results }: Measurement, contender: Contender): string {
  const rows = results.flatMap(({ item, medians }) => {
    const its = medians.get(contender);
    return its === undefined ? [] : [[item.title, ...details(its)]];
  });
  const head = ['', 'p50 ms', 'p99 ms', 'CPU s', 'CPU ms per request, push, image, tag or MB', 'peak memory MiB'];
  return table(head, rows);
}

export function verdictTable(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map(({ title, goal, reached, met }) => [title, goal, reached, met ? 'yes' : '**no**']);
  return table(['', 'target', 'reached', 'met'], rows);
}

/** The bars of the chart. */
export function bars({ results }: Measurement, contenders: readonly Contender[], rival: Contender): Bar[] {
  return results.flatMap((result) => {
    const ratios = contenders.flatMap((contender) => {
      const ratio = contender === rival ? undefined : ratioOf(result, contender, rival);
      return ratio === undefined ? [] : [{ name: contender.name, ratio }];
    });
    return ratios.length === 0 ? [] : [{ title: result.item.title, ratios }];
  });
}

/** The throughput with its ratio to the rival's; empty if the contender does not take part. */
export function throughputCell(result: ItemResult, contender: Contender, rival: Contender | undefined): string {
  if (!contender.takesPart(result.item.id)) return '';
  const its = result.medians.get(contender);
  if (its === undefined) return 'not supported';
  const ratio = contender === rival ? undefined : ratioOf(result, contender, rival);
  return `${formatNumber(its.throughput)}${ratio === undefined ? '' : ` (${formatNumber(ratio)}×)`}`;
}

function details(sample: Sample): string[] {
  const { p50Ms, p99Ms, cpuSeconds, peakBytes } = sample;
  return [
    formatNumber(p50Ms),
    formatNumber(p99Ms),
    formatNumber(cpuSeconds),
    formatNumber(cpuMsOf(sample)),
    formatNumber(peakBytes === undefined ? undefined : peakBytes / 1024 ** 2),
  ];
}
