import type { AdminRouteName } from '../../../core/api/route-descriptors.ts';
import type { Administration } from '../../administration/administration.ts';
import type { RouteHandlers } from '../route-context.ts';
import { adminJobEventsRoutes, adminJobRunRoutes, adminJobsRoutes } from './jobs.ts';
import { adminQuarantinedRoutes, adminQuarantineReleaseRoutes, adminQuarantineRoutes } from './quarantine.ts';
import { adminRepositoryChangeRoutes, adminRepositoryChangesRoutes, adminRepositoryRoutes } from './repositories.ts';
import { adminTagDigestRoutes, adminTagHistoryRoutes, adminTagRestoreRoutes } from './tag-history.ts';
import { adminTrashRestoreRoutes, adminTrashRoutes, adminTrashSweptRoutes } from './trash.ts';
import { adminUploadRoutes, adminUploadsRoutes } from './uploads.ts';

/** The handlers of the admin API. */
export type AdminHandlers = Pick<RouteHandlers, AdminRouteName>;

/** One line for each route. */
export function adminHandlers({
  jobs,
  watches,
  quarantine,
  repositories,
  tagHistory,
  tagRestoration,
  trash,
  uploads,
}: Administration): AdminHandlers {
  return {
    'admin-jobs': adminJobsRoutes(jobs),
    'admin-job-run': adminJobRunRoutes(jobs),
    'admin-job-events': adminJobEventsRoutes(jobs, watches),
    'admin-quarantine': adminQuarantineRoutes(quarantine),
    'admin-quarantined': adminQuarantinedRoutes(quarantine),
    'admin-quarantine-release': adminQuarantineReleaseRoutes(quarantine),
    'admin-repository': adminRepositoryRoutes(repositories),
    'admin-repository-changes': adminRepositoryChangesRoutes(repositories),
    'admin-repository-change': adminRepositoryChangeRoutes(repositories),
    'admin-trash': adminTrashRoutes(trash),
    'admin-trash-swept': adminTrashSweptRoutes(trash),
    'admin-trash-restore': adminTrashRestoreRoutes(trash),
    'admin-tag-history': adminTagHistoryRoutes(tagHistory),
    'admin-tag-digest': adminTagDigestRoutes(tagHistory),
    'admin-tag-restore': adminTagRestoreRoutes(tagRestoration),
    'admin-uploads': adminUploadsRoutes(uploads),
    'admin-upload': adminUploadRoutes(uploads),
  };
}
