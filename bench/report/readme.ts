import type { Contender } from '../contenders/contender.ts';
import { PUSHES } from '../items/pushes.ts';
import type { AllResources } from '../memory/resources.ts';
import type { ItemResult, Measurement } from '../rounds.ts';
import { cpuMsOf } from '../targets/verdicts.ts';
import { resourceRows } from './resources.ts';
import { throughputCell } from './speed.ts';
import { formatNumber, table } from './table.ts';

const MARKS = /(<!-- bench: .*? -->\n)[\s\S]*?(<!-- end of bench -->)/;

/** Left out of the short table: what it says is near to another row. */
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

/** What the short table is made of. */
export interface Summary {
  readonly measurement: Measurement;
  readonly contenders: readonly Contender[];
  readonly resources: AllResources;
}

/** The short table: every contender, and no ratio. */
export function summaryTable({ measurement, contenders, resources }: Summary): string {
  const all = measurement.results.filter(({ item }) => !LEFT_OUT.has(item.id));
  // Pushes first: they are what a registry is slow at.
  const results = [...all.filter(isPush), ...all.filter((result) => !isPush(result))];
  const rows = results.flatMap((result) => [
    [`${result.item.title} (${result.item.unit})`, ...contenders.map((one) => throughputCell(result, one, undefined))],
    ...(result.item.id === CPU_ITEM ? [cpuRow(result, contenders)] : []),
  ]);
  rows.push(...resourceRows(contenders.map((contender) => resources.get(contender))));
  return table(['', ...contenders.map(({ name, workers, version }) => (workers ? name : `${name} ${version}`))], rows);
}

/**
 * The text of a page with `part` between the marks for it.
 * @throws Error when the page lacks the marks
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
