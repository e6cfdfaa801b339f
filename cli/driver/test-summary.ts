import { GROUPS, type ProvedCase } from '../../testing/index.ts';
import { countOf } from '../count-of.ts';

/** With the nine groups, everything fits the 24 lines of a small terminal. */
const MAX_FAILURES = 6;
const COLUMNS = 80;

export const TABLE_HEAD = row('GROUP', 'RESULT', 'MS', 'CASE');

/** A result as a row of the table. */
export function resultRow({ group, outcome, durationMs, title }: ProvedCase): string {
  return row(group, outcome, String(durationMs), title);
}

/** Why a case has failed; empty if it has not. */
export function failureText({ outcome, message = '' }: ProvedCase): string {
  return outcome === 'failed' ? `  ${message.replaceAll('\n', '\n  ')}\n\n` : '';
}

/**
 * The groups, the first failures and how to run them again, in at most 24 lines of 80 columns.
 * @param notRun how many cases were left out after a failure
 */
export function summaryOf(results: readonly ProvedCase[], notRun: number): string {
  const failed = results.filter(({ outcome }) => outcome === 'failed');
  return [
    '',
    groupRow('GROUP', ['OK', 'FAILED', 'NOT DEMANDED', 'S']),
    ...GROUPS.flatMap((group) => {
      const own = results.filter((result) => result.group === group);
      return own.length === 0 ? [] : [groupRow(group, figuresOf(own))];
    }),
    '',
    ...failed.slice(0, MAX_FAILURES).map(({ group, title }) => cut(`failed: ${group}: ${title}`)),
    ...(failed.length > MAX_FAILURES ? [`failed: ${failed.length - MAX_FAILURES} more`] : []),
    ...(failed.length > 0 ? ["to run one again: --case '<a part of its title>'", ''] : []),
    ...(notRun > 0 ? [`${countOf(notRun, 'case')} not run, because of --bail`] : []),
    totalLine(results),
    '',
  ].join('\n');
}

/** How many cases had each outcome. */
export function countsOf(results: readonly ProvedCase[]): Record<ProvedCase['outcome'], number> {
  const count = (wanted: ProvedCase['outcome']): number => results.filter(({ outcome }) => outcome === wanted).length;
  return { ok: count('ok'), failed: count('failed'), 'not demanded': count('not demanded') };
}

function totalLine(results: readonly ProvedCase[]): string {
  const counts = countsOf(results);
  return `${counts.ok} ok, ${counts.failed} failed, ${counts['not demanded']} not demanded`;
}

function figuresOf(results: readonly ProvedCase[]): string[] {
  const { ok, failed, 'not demanded': notDemanded } = countsOf(results);
  const seconds = results.reduce((sum, { durationMs }) => sum + durationMs, 0) / 1000;
  return [...[ok, failed, notDemanded].map(String), seconds.toFixed(1)];
}

function groupRow(group: string, [ok = '', failed = '', notDemanded = '', seconds = '']: readonly string[]): string {
  return `${group.padEnd(12)} ${ok.padStart(5)} ${failed.padStart(7)} ${notDemanded.padStart(13)} ${seconds.padStart(8)}`;
}

function row(group: string, outcome: string, durationMs: string, title: string): string {
  return `${group.padEnd(12)} ${outcome.padEnd(12)} ${durationMs.padStart(7)}  ${title}\n`;
}

function cut(line: string): string {
  return line.length <= COLUMNS ? line : `${line.slice(0, COLUMNS - 1)}…`;
}
