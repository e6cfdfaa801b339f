import type { ScrubReport } from '../scrub/scrub-tally.ts';

/** What a pass of a copy has counted; in a dry run, what it would have done. */
export interface CopyCounts {
  /** Blobs and manifests of the source. */
  contents: number;
  copiedContents: number;
  copiedBytes: number;
  /** What was read of both storages, also to verify it. */
  readBytes: number;
  repositories: number;
  /** Links to blobs, manifests and signatures, and the other small files of repositories. */
  copiedFiles: number;
  /** Tags that are new in the target, or point to something else than before. */
  copiedTags: number;
  removedTags: number;
  removedManifests: number;
  /** Links to blobs, and the other small files that were removed. */
  removedFiles: number;
  /** Repositories that changed in the source while they were copied, so that another pass is needed. */
  changedMeanwhile: number;
  /** Garbage collections that were under way in the source, or were killed there. */
  collections: number;
}

/** What a pass of a copy did, and what it found to be wrong in the source. */
export type CopyReport = Readonly<CopyCounts> & Pick<ScrubReport, 'damage' | 'remarks' | 'codes' | 'findings'>;

export function emptyCounts(): CopyCounts {
  return {
    contents: 0,
    copiedContents: 0,
    copiedBytes: 0,
    readBytes: 0,
    repositories: 0,
    copiedFiles: 0,
    copiedTags: 0,
    removedTags: 0,
    removedManifests: 0,
    removedFiles: 0,
    changedMeanwhile: 0,
    collections: 0,
  };
}

/** Whether the target lacked nothing that can be copied, so that no further pass is needed unless the source changes. */
export function wasComplete(report: CopyReport): boolean {
  const { copiedContents, copiedFiles, copiedTags, changedMeanwhile, collections } = report;
  const { removedTags, removedManifests, removedFiles } = report;
  const changes = copiedContents + copiedFiles + copiedTags + removedTags + removedManifests + removedFiles;
  return changes + changedMeanwhile + collections === 0;
}
