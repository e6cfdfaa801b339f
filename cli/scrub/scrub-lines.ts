import { formatBytes } from '../../core/model/units.ts';
import { SCRUB_FINDINGS, type ScrubFinding } from '../../core/scrub/finding.ts';
import type { ScrubReport } from '../../core/scrub/scrub-tally.ts';
import { countOf } from '../count-of.ts';

/** A finding: `content-damaged sha256:… (quarantined): …`. */
export function findingLine({ code, action, repository, tag, digest, manifest, reason }: ScrubFinding): string {
  const place = [repository, tag === undefined ? undefined : `:${tag}`].filter((part) => part !== undefined).join('');
  const what = [
    place,
    ...(digest === undefined ? [] : [digest]),
    ...(manifest === undefined ? [] : [`named by ${manifest}`]),
  ].filter((part) => part !== '');
  const done = action === 'none' ? '' : ` (${action})`;
  const more = reason === undefined ? '' : ` (${reason})`;
  return `${code} ${what.join(' ')}${done}: ${SCRUB_FINDINGS[code].text}${more}`;
}

/** What a whole scrub has found. */
export function reportText(
  report: object,
  { dryRun, seconds }: { readonly dryRun: boolean; readonly seconds: number },
): string {
  // The job returns no other.
  const { blobs, bytes, damage, remarks, actions, codes } = report as ScrubReport;
  const done = Object.entries(actions).filter(([, count]) => count > 0);
  const lines = [
    `verified ${countOf(blobs, 'blob')}, read ${formatBytes(bytes)} in ${seconds} s`,
    `damage: ${damage}; remarks: ${remarks}`,
    ...Object.entries(codes).map(([code, count]) => `  ${code}: ${count}`),
    ...(done.length === 0 ? [] : [`done: ${done.map(([action, count]) => `${count} ${action}`).join(', ')}`]),
    ...(dryRun ? ['dry run, nothing was changed'] : []),
  ];
  return lines.map((line) => `${line}\n`).join('');
}
