import { GROUPS, LEVELS } from '../../verify/check.ts';
import { requestLine } from '../../verify/reports/exchange-text.ts';
import type { Report } from '../../verify/reports/report.ts';
import { countsOf } from '../../verify/reports/verdict.ts';
import type { CleanUp } from '../../verify/run/clean-up.ts';
import type { CheckResult } from '../../verify/run/result.ts';
import { countOf } from '../count-of.ts';
import { printable } from '../printable.ts';
import { textTable } from '../text-table.ts';

const MAX_LEFT = 10;

/** What is printed of a verification: a table of the groups, each failure, what was skipped and why, and the numbers. */
export function summaryText(report: Report): string {
  const { registry, repository, results } = report;
  const broken = results.filter(({ outcome }) => outcome === 'failed' || outcome === 'blocked');
  const skipped = results.filter(({ outcome }) => outcome === 'skipped');
  return [
    `${printable(registry)}, repositories ${printable(repository)}…\n`,
    groupTable(results),
    ...broken.map(failureText),
    skipped.map(({ id, reason = '' }) => `skipped ${id}: ${printable(reason)}\n`).join(''),
    numbers(report),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

/** Of each group and level, how many rules are kept of those that were judged. */
function groupTable(results: readonly CheckResult[]): string {
  const rows = GROUPS.map((group) => results.filter((result) => result.group === group))
    .filter((group) => group.length > 0)
    .map((group) => {
      const shares = LEVELS.map((level) => share(group.filter((result) => result.level === level)));
      return [group[0]?.group ?? '', ...shares, String(countsOf(group).skipped)];
    });
  return textTable([['GROUP', ...LEVELS, 'SKIPPED'], ...rows]);
}

function share(results: readonly CheckResult[]): string {
  const { passed, failed, blocked } = countsOf(results);
  const judged = passed + failed + blocked;
  return judged === 0 ? '-' : `${passed}/${judged}`;
}

function failureText({ id, title, level, outcome, reason = '', section, link, suffers, ...rest }: CheckResult): string {
  const { exchanges, culprit = exchanges.length - 1 } = rest;
  const asked = exchanges[culprit];
  const request = asked === undefined ? '' : ` (${requestLine(asked)})`;
  return [
    `${outcome.toUpperCase()} ${level} ${id}`,
    `  rule: ${title}`,
    `  found: ${reason}${request}`,
    `  ${suffers.clients.join(', ')}: ${suffers.what}`,
    `  ${section}, ${link}`,
  ]
    .map((line) => `${printable(line)}\n`)
    .join('');
}

function numbers({ results, requests, durationMs, cleanUp }: Report): string {
  const { passed, failed, blocked, skipped } = countsOf(results);
  const outcomes = `${passed} passed, ${failed} failed, ${blocked} blocked, ${skipped} skipped`;
  const seconds = (durationMs / 1000).toFixed(1);
  return `${outcomes}; ${countOf(requests, 'request')} in ${seconds} s\n${leftText(cleanUp)}`;
}

function leftText({ left }: CleanUp): string {
  if (left.length === 0) return 'everything that was pushed was removed\n';
  const shown = left.slice(0, MAX_LEFT).map(({ kind, target, reason }) => `  ${kind} ${target}: ${reason}`);
  const more = left.length > MAX_LEFT ? [`  and ${left.length - MAX_LEFT} more`] : [];
  const lines = [`${countOf(left.length, 'thing')} could not be removed:`, ...shown, ...more];
  return lines.map((line) => `${printable(line)}\n`).join('');
}
