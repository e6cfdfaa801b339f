import { countOf } from '../count-of.ts';
import { printable } from '../printable.ts';
import { SEVERITIES, type Severity } from './check.ts';
import type { CheckResult } from './run-checks.ts';

const WIDTH = Math.max(...SEVERITIES.map((severity) => severity.length));

/** The results for people: a line for each finding, with what to do below it, and a summary. */
export function doctorText(results: readonly CheckResult[]): string {
  const width = Math.max(...results.map(({ name }) => name.length));
  const indent = ' '.repeat(WIDTH + width + 4);
  const lines = results.flatMap(({ name, findings }) =>
    findings.flatMap(({ severity, finding, remedy }) => [
      `${severity.padEnd(WIDTH)}  ${name.padEnd(width)}  ${finding}`,
      ...(remedy === undefined ? [] : [`${indent}-> ${remedy}`]),
    ]),
  );
  return [...lines, '', summary(results)].map((line) => `${printable(line)}\n`).join('');
}

function summary(results: readonly CheckResult[]): string {
  const count = (severity: Severity): number =>
    results.flatMap(({ findings }) => findings).filter((finding) => finding.severity === severity).length;
  const counted = [countOf(count('failure'), 'failure'), countOf(count('warning'), 'warning')];
  const skipped = results.filter(({ severity }) => severity === 'skipped').length;
  return `${countOf(results.length, 'check')}: ${[...counted, `${skipped} skipped`].join(', ')}`;
}
