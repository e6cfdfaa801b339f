import { type Digest, isDigest } from '../digest/digest.ts';
import { isRepositoryName, type RepositoryName } from '../model/reference.ts';
import { parseReport, type ScrubReport } from './scrub-tally.ts';

/** How far a scrub is: the content comes first, then the links of one repository after another. */
export interface ScrubCheckpoint {
  /** The last digest whose content was verified; `done` after all of them. */
  readonly content: Digest | 'done';
  /** The last repository whose links were checked. */
  readonly repository?: RepositoryName | undefined;
  /** What was found until there. */
  readonly report: ScrubReport;
}

/** A checkpoint as JSON restores it; `undefined` when `value` is not a checkpoint. */
export function parseCheckpoint(value: unknown): ScrubCheckpoint | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { content, repository, report: found } = value as Partial<Record<keyof ScrubCheckpoint, unknown>>;
  const report = parseReport(found);
  if (report === undefined || typeof content !== 'string') return undefined;
  if (content !== 'done') return isDigest(content) ? { content, report } : undefined;
  const isName = typeof repository === 'string' && isRepositoryName(repository);
  return { content, report, ...(isName && { repository }) };
}
