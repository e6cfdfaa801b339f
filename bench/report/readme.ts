import type { Contender } from '../contenders/contender.ts';
import { PUSHES } from '../items/pushes.ts';
import type { AllResources } from '../memory/resources.ts';
import type { ItemResult, Measurement } from '../rounds.ts';
import { cpuMsOf } from '../targets/verdicts.ts';
import { resourceRows } from './resources.ts';
import { throughputCell } from './speed.ts';
import { formatNumber, table } from './table.ts';

const MARKS = /(<!-- bench: .*? -->\n)[\s\S]*?(<!-- end of bench -->)/;

/** Items omitted from the short table, because they are similar to another row. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  'base',
  'manifest-digest',
  'blob-head',
  'blob-large-1',
  'blob-large-16',
  'push-small',
  'push-chunked',
  'tags-few',
  'tags-page',
  'tags-many-last',
  'catalog-last',
  'referrers-first',
  'referrers-last',
]);
const CPU_ITEM = 'image-8';

/** The data of the short table. */
export interface Summary {
  readonly measurement: Measurement;
  readonly contenders: readonly Contender[];
  readonly resources: AllResources;
}

/** The short table: every contender, without ratios. */
export function summaryTable({ measurement, contenders, resources }: Summary): string {
  const all = measurement.results.filter(({ item }) => !LEFT_OUT.has(item.id));
  // Pushes first: registries are slow at them.
  const results = [...all.filter(isPush), ...all.filter((result) => !isPush(result))];
  const rows = results.flatMap((result) => [
    [`${result.item.title} (${result.item.unit})`, ...contenders.map((one) => throughputCell(result, one, undefined))],
    ...(result.item.id === CPU_ITEM ? [cpuRow(result, contenders)] : []),
  ]);
  rows.push(...resourceRows(contenders.map((contender) => resources.get(contender))));
  return table(['', ...contenders.map(({ name, workers, version }) => (workers ? name : `${name} ${version}`))], rows);
}

/**
 * Replaces the text between the marks of a page with `part`.
 * @throws Error when the page has no marks
 */
export function withBenchPart(page: string, part: string): string {
  if (!MARKS.test(page)) throw new Error('the page lacks the marks around the results of the benchmark');
  return page.replace(MARKS, (_, start: string, end: string) => `${start}${part}\n${end}`);
}

function isPush({ item }: ItemResult): boolean {
  return PUSHES.some(({ id }) => id === item.id);
}

function cpuRow({ item, medians }: ItemResult, contenders: readonly Contender[]): string[] {
  const cells = contenders.map((contender) => formatNumber(cpuMsOf(medians.get(contender))));
  return [`${item.title}: CPU of the server (ms per image)`, ...cells];
}
