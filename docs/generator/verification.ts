import { GROUPS } from '../../verify/check.ts';
import { CHECKS } from '../../verify/checks/index.ts';
import { checkRows } from '../../verify/reports/check-table.ts';
import { table } from './table.ts';

/** The checks of each group, as Markdown. */
export function checkTables(): string {
  return GROUPS.map((group) => CHECKS.filter((check) => check.group === group))
    .filter((checks) => checks.length > 0)
    .map((checks) => `### ${checks[0]?.group ?? ''}\n\n${table(checkRows(checks))}`)
    .join('\n\n');
}
