import { type ClientResult, medianOf } from '../client/measure-clients.ts';
import { formatNumber, table } from './table.ts';

/** The medians of each client for each item. */
export function clientTable(results: readonly ClientResult[]): string {
  const rows = results.flatMap(({ item, runs }) =>
    Array.from(runs, ([{ name }, its]) => [
      item.title,
      name,
      formatNumber(medianOf(its, ({ wallSeconds }) => wallSeconds)),
      formatNumber(medianOf(its, ({ cpuSeconds }) => cpuSeconds)),
      formatNumber(medianOf(its, ({ peakBytes }) => peakBytes) / 1e6),
    ]),
  );
  return table(['', 'client', 'time s', 'CPU s', 'peak memory MB'], rows);
}
