import type { QuarantineAdministration } from '../../core/admin/quarantine-administration.ts';
import type { TagHistoryAdministration } from '../../core/admin/tag-history-administration.ts';
import type { TagRestoration } from '../../core/admin/tag-restoration.ts';
import type { TrashAdministration } from '../../core/admin/trash-administration.ts';
import type { UploadAdministration } from '../../core/admin/upload-administration.ts';
import type { JobAdministration } from './job-administration.ts';
import type { JobWatches } from './job-watches.ts';
import type { RepositoryAdministration } from './repository-administration.ts';

/** What operators do with a running registry, one part for each subject of the admin API. */
export interface Administration extends AdministrationOfStorage {
  readonly tagRestoration: TagRestoration;
  readonly trash: TrashAdministration;
}

/** The part of it that reports nothing to event sinks, and so needs no registry. */
export interface AdministrationOfStorage {
  readonly jobs: JobAdministration;
  readonly watches: JobWatches;
  readonly quarantine: QuarantineAdministration;
  readonly repositories: RepositoryAdministration;
  readonly tagHistory: TagHistoryAdministration;
  readonly uploads: UploadAdministration;
}
