import { GROUPS } from '../check.ts';
import type { CheckResult } from '../run/result.ts';
import { escapeMarkup } from './escape-markup.ts';
import { exchangeText } from './exchange-text.ts';
import type { Report } from './report.ts';
import { isHeldAgainst } from './verdict.ts';

/** A report as JUnit XML: a suite for each group. A missing MAY counts as skipped. */
export function junitReport({ results, registry, startedAt, durationMs }: Report): string {
  const suites = GROUPS.map((group) => results.filter((result) => result.group === group))
    .filter((group) => group.length > 0)
    .map((group) => suite(group, startedAt));
  const attributes = `name="stowage verify ${escapeMarkup(registry)}" ${counts(results)} time="${seconds(durationMs)}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites ${attributes}>\n${suites.join('')}</testsuites>\n`;
}

function suite(results: readonly CheckResult[], startedAt: string): string {
  const time = results.reduce((sum, { durationMs }) => sum + durationMs, 0);
  const name = results[0]?.group ?? '';
  const attributes = `name="${name}" ${counts(results)} time="${seconds(time)}" timestamp="${startedAt.slice(0, 19)}"`;
  return `  <testsuite ${attributes}>\n${results.map(testCase).join('')}  </testsuite>\n`;
}

function counts(results: readonly CheckResult[]): string {
  const failures = results.filter((result) => isHeldAgainst(result) && result.outcome === 'failed').length;
  const errors = results.filter((result) => isHeldAgainst(result) && result.outcome === 'blocked').length;
  const skipped = results.filter(({ outcome }) => outcome !== 'passed').length - failures - errors;
  return `tests="${results.length}" failures="${failures}" errors="${errors}" skipped="${skipped}"`;
}

function testCase(result: CheckResult): string {
  const { id, group, durationMs } = result;
  const attributes = `classname="verify.${group}" name="${escapeMarkup(id)}" time="${seconds(durationMs)}"`;
  const outcome = outcomeElement(result);
  return outcome === undefined
    ? `    <testcase ${attributes}/>\n`
    : `    <testcase ${attributes}>\n      ${outcome}\n    </testcase>\n`;
}

function outcomeElement(result: CheckResult): string | undefined {
  const { level, outcome, reason = '' } = result;
  if (outcome === 'passed') return undefined;
  const message = escapeMarkup(outcome === 'skipped' ? reason : `${level}: ${reason}`);
  if (!isHeldAgainst(result)) return `<skipped message="${message}"/>`;
  const element = outcome === 'failed' ? 'failure' : 'error';
  return `<${element} type="${level}" message="${message}">${escapeMarkup(explanation(result))}</${element}>`;
}

function explanation({ title, section, link, suffers, exchanges, culprit }: CheckResult): string {
  const shown = culprit === undefined ? exchanges.at(-1) : exchanges[culprit];
  const rule = `${title} (${section}, ${link})\n${suffers.clients.join(', ')}: ${suffers.what}`;
  return shown === undefined ? rule : `${rule}\n\n${exchangeText(shown)}`;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}
