import { open, writeFile } from 'node:fs/promises';
import { htmlReport } from '../../verify/reports/html.ts';
import { junitReport } from '../../verify/reports/junit.ts';
import type { Report } from '../../verify/reports/report.ts';
import { UsageError } from '../usage-error.ts';

/** Where reports are written, by the options that say so. */
export interface ReportFiles {
  readonly report: string | undefined;
  readonly junit: string | undefined;
  readonly html: string | undefined;
}

const FORMS: Readonly<Record<keyof ReportFiles, (report: Report) => string>> = {
  report: jsonReport,
  junit: junitReport,
  html: htmlReport,
};
const OPTIONS = ['report', 'junit', 'html'] as const;

/** A report as JSON. */
export function jsonReport(report: Report): string {
  return `${JSON.stringify(report, null, 2)}\n`;
}

/** Checks before the run, and not after it, that reports can be written. @throws UsageError */
export async function requireWritable(files: ReportFiles): Promise<void> {
  for (const option of OPTIONS) {
    const file = files[option];
    if (file === undefined) continue;
    try {
      const opened = await open(file, 'a');
      await opened.close();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      throw new UsageError(`--${option} names a file that cannot be written: ${message}`);
    }
  }
}

/** Writes the reports that were asked for. */
export async function writeReports(files: ReportFiles, report: Report): Promise<void> {
  for (const option of OPTIONS) {
    const file = files[option];
    if (file !== undefined) await writeFile(file, FORMS[option](report));
  }
}
