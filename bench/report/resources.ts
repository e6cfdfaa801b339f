import type { AllResources, Resources } from '../memory/resources.ts';
import { formatNumber, table } from './table.ts';

const MIB = 1024 * 1024;

const ROWS: readonly { readonly title: string; readonly value: (resources: Resources) => number | undefined }[] = [
  { title: 'Start to first answer (s)', value: ({ startSeconds }) => startSeconds },
  { title: 'Memory, idle (MiB)', value: ({ idleBytes }) => mebibytes(idleBytes) },
  { title: 'Memory after the run (MiB)', value: ({ afterBytes }) => mebibytes(afterBytes) },
  { title: '500 slow downloads, above idle (MiB)', value: ({ slowBytes }) => mebibytes(slowBytes) },
];

/** Start and memory of the registries of this machine. */
export function resourceTable(resources: AllResources): string {
  const columns = [...resources.values()];
  return table(['', ...Array.from(resources.keys(), ({ name }) => name)], resourceRows(columns));
}

/** A row for each measured resource, with a cell for each column; empty if it is unknown. */
export function resourceRows(columns: readonly (Resources | undefined)[]): string[][] {
  return ROWS.flatMap(({ title, value }) => {
    const cells = columns.map((resources) => formatNumber(resources && value(resources)));
    return cells.every((cell) => cell === '') ? [] : [[title, ...cells]];
  });
}

function mebibytes(bytes: number | undefined): number | undefined {
  return bytes === undefined ? undefined : bytes / MIB;
}
