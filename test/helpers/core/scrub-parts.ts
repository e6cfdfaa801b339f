import type { StorageDriver } from '../../../core/driver/index.ts';
import { MemoryCheckpoint } from '../../../core/jobs/checkpoint-store.ts';
import type { JobRun } from '../../../core/jobs/job.ts';
import { Scrub, type ScrubOptions } from '../../../core/jobs/scrub.ts';
import { ContentScrubber } from '../../../core/scrub/content-scrubber.ts';
import type { ScrubCode, ScrubFinding } from '../../../core/scrub/finding.ts';
import { QuarantineReview } from '../../../core/scrub/quarantine-review.ts';
import { RepositoryScrubber } from '../../../core/scrub/repository-scrubber.ts';
import type { ScrubReport } from '../../../core/scrub/scrub-tally.ts';
import { BlobList } from '../../../core/storage/blob-list.ts';
import { LinkInspector } from '../../../core/storage/link-inspector.ts';
import { silentLog } from '../../../server/jobs/silent-log.ts';
import { type CoreParts, composeCore } from './core-parts.ts';

/** What a scrub found, all of it. */
export interface Scrubbed {
  readonly report: ScrubReport;
  readonly findings: readonly ScrubFinding[];
}

/** How a test runs a scrub. */
export interface ScrubRunOptions extends Partial<JobRun>, Partial<Omit<ScrubOptions, 'observers'>> {
  /** Called after each blob. */
  readonly onBlob?: (done: number, total: number) => void;
}

/** A scrub of the storage by one process. */
export function scrubJob({ container, catalog }: CoreParts, options: Partial<ScrubOptions> = {}): Scrub {
  return new Scrub(
    {
      catalog,
      stored: container.get(BlobList),
      quarantine: container.get(QuarantineReview),
      content: container.get(ContentScrubber),
      links: container.get(RepositoryScrubber),
      inspector: container.get(LinkInspector),
    },
    { bytesPerSecond: 1e12, concurrency: 4, observers: [], ...options },
  );
}

/** Scrubs everything that a process sees. */
export async function scrubbed(
  core: CoreParts,
  { bytesPerSecond = 1e12, concurrency = 4, openReplica, upstream, onBlob, ...given }: ScrubRunOptions = {},
): Promise<Scrubbed> {
  const findings: ScrubFinding[] = [];
  const observer = { onFinding: (finding: ScrubFinding) => void findings.push(finding), ...(onBlob && { onBlob }) };
  const job = scrubJob(core, { bytesPerSecond, concurrency, openReplica, upstream, observers: [observer] });
  const run: JobRun = {
    signal: new AbortController().signal,
    dryRun: false,
    log: silentLog,
    checkpoint: new MemoryCheckpoint(),
    progress: () => undefined,
    ...given,
  };
  const report = await job.run(run);
  return { report, findings };
}

/** Scrubs as a process that has just started, which has nothing in memory. */
export function scrubbedAnew(driver: StorageDriver, options?: ScrubRunOptions): Promise<Scrubbed> {
  return scrubbed(composeCore(driver), options);
}

/** The codes of findings with what was done, in order: `content-damaged quarantined`. */
export function outcomes({ findings }: Scrubbed): string[] {
  return findings.map(({ code, action }) => `${code} ${action}`).sort();
}

/** The findings with one code. */
export function withCode({ findings }: Scrubbed, code: ScrubCode): readonly ScrubFinding[] {
  return findings.filter((finding) => finding.code === code);
}
