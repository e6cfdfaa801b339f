import { readFile } from 'node:fs/promises';
import { type Change, type Comparison, compareReports } from '../../verify/reports/compare-reports.ts';
import { type ComparedReport, InvalidReportError, parseReport } from '../../verify/reports/report.ts';
import { ClientFailure } from '../client/client-failure.ts';
import type { ExitCode, Program } from '../command.ts';
import { printable } from '../printable.ts';
import { UsageError } from '../usage-error.ts';

/** `stowage verify diff`: compares two reports. */
export interface VerifyDiffRequest {
  readonly kind: 'verify-diff';
  readonly before: string;
  readonly after: string;
  readonly json: boolean;
}

/**
 * Prints what has changed from one report to another.
 * @returns 7 when a check counts against the registry that did not before
 * @throws ClientFailure with 4 when a file does not exist; UsageError when it is not a report
 */
export async function run({ before, after, json }: VerifyDiffRequest, program: Program): Promise<ExitCode> {
  const comparison = compareReports(await readReport(before), await readReport(after));
  program.print(json ? `${JSON.stringify(comparison, null, 2)}\n` : comparisonText(comparison));
  return comparison.newlyFailing.length > 0 ? 7 : 0;
}

async function readReport(file: string): Promise<ComparedReport> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      throw new ClientFailure(`${file} does not exist`, 4);
    throw error;
  }
  try {
    return parseReport(text);
  } catch (error) {
    if (error instanceof InvalidReportError) throw new UsageError(`${file} ${error.message}`);
    throw error;
  }
}

function comparisonText({ registries, newlyFailing, newlyPassing, others, same }: Comparison): string {
  const counts = `${newlyFailing.length} newly failing, ${newlyPassing.length} newly passing, ${others.length} otherwise changed, ${same} the same`;
  return [
    `${registries.map(printable).join(' -> ')}\n`,
    section('newly failing', newlyFailing),
    section('newly passing', newlyPassing),
    section('otherwise changed', others),
    `${counts}\n`,
  ]
    .filter((part) => part !== '')
    .join('\n');
}

function section(heading: string, changes: readonly Change[]): string {
  return changes.length === 0 ? '' : `${heading}:\n${changes.map(changeLine).join('')}`;
}

function changeLine({ id, before, after }: Change): string {
  const level = (after ?? before)?.level ?? '';
  const reason = after?.reason === undefined ? '' : ` (${after.reason})`;
  const outcomes = `${before?.outcome ?? 'not run'} -> ${after?.outcome ?? 'not run'}`;
  return `  ${printable(`${level} ${id}: ${outcomes}${reason}`)}\n`;
}
