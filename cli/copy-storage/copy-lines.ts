import { formatBytes } from '../../core/model/units.ts';
import { type CopyReport, wasComplete } from '../../core/storage-copy/copy-report.ts';
import { countOf } from '../count-of.ts';

/** What a whole pass did. */
export function copyText(
  report: CopyReport,
  { dryRun, seconds }: { readonly dryRun: boolean; readonly seconds: number },
): string {
  const { contents, copiedContents, copiedBytes, copiedFiles, copiedTags, repositories, damage, codes } = report;
  const { removedTags, removedManifests, removedFiles, changedMeanwhile, collections } = report;
  const rate = seconds > 0 ? `, ${formatBytes(copiedBytes / seconds)}/s` : '';
  const removed = removedTags + removedManifests + removedFiles;
  const lines = [
    `looked at ${countOf(contents, 'blob')} and ${countOf(repositories, 'repository', 'repositories')} in ${seconds} s`,
    `copied ${countOf(copiedContents, 'blob')} (${formatBytes(copiedBytes)}${rate}), ${countOf(copiedTags, 'tag')} and ${countOf(copiedFiles, 'other file')}`,
    ...(removed === 0
      ? []
      : [
          `removed ${countOf(removedTags, 'tag')}, ${countOf(removedManifests, 'manifest')} and ${countOf(removedFiles, 'other file')}`,
        ]),
    ...(changedMeanwhile === 0
      ? []
      : [`${countOf(changedMeanwhile, 'repository', 'repositories')} changed meanwhile; run it again`]),
    ...(collections === 0
      ? []
      : ['a garbage collection of the source is under way or was killed; let it end, then run this again']),
    ...Object.entries(codes).map(([code, count]) => `  ${code}: ${count}`),
    ...(damage === 0 ? [] : [`damage: ${damage}; what is damaged in the source was not copied`]),
    ...(wasComplete(report) ? ['nothing was missing in the target'] : []),
    ...(dryRun ? ['dry run, nothing was changed'] : []),
  ];
  return lines.map((line) => `${line}\n`).join('');
}
