import { adminJobEventsRoute, adminJobRunRoute, adminJobsRoute } from './routes/admin/job-routes.ts';
import {
  adminQuarantinedRoute,
  adminQuarantineReleaseRoute,
  adminQuarantineRoute,
} from './routes/admin/quarantine-routes.ts';
import {
  adminRepositoryChangeRoute,
  adminRepositoryChangesRoute,
  adminRepositoryRoute,
} from './routes/admin/repository-routes.ts';
import { adminTagDigestRoute, adminTagHistoryRoute, adminTagRestoreRoute } from './routes/admin/tag-history-routes.ts';
import { adminTrashRestoreRoute, adminTrashRoute, adminTrashSweptRoute } from './routes/admin/trash-routes.ts';
import { adminUploadRoute, adminUploadsRoute } from './routes/admin/upload-routes.ts';
import { blobRoute } from './routes/blob-routes.ts';
import { manifestRoute } from './routes/manifest-routes.ts';
import { referrersRoute } from './routes/referrer-routes.ts';
import { baseRoute, catalogRoute } from './routes/registry-routes.ts';
import { tagsRoute } from './routes/tag-routes.ts';
import { uploadChunkRoute, uploadRoute } from './routes/upload-routes.ts';

/** Every route of the API. The router, the page docs/plugins/api.md and the tests are derived from this table. */
export const ROUTES = [
  baseRoute,
  catalogRoute,
  tagsRoute,
  manifestRoute,
  referrersRoute,
  blobRoute,
  uploadRoute,
  uploadChunkRoute,
  adminJobsRoute,
  adminJobRunRoute,
  adminJobEventsRoute,
  adminQuarantineRoute,
  adminQuarantinedRoute,
  adminQuarantineReleaseRoute,
  adminRepositoryRoute,
  adminRepositoryChangesRoute,
  adminRepositoryChangeRoute,
  adminTrashRoute,
  adminTrashSweptRoute,
  adminTrashRestoreRoute,
  adminTagHistoryRoute,
  adminTagDigestRoute,
  adminTagRestoreRoute,
  adminUploadsRoute,
  adminUploadRoute,
] as const;

/** One of {@link ROUTES}. */
export type Route = (typeof ROUTES)[number];

/** The names of the routes. */
export type RouteName = Route['name'];

/** The names of the routes of administration. */
export type AdminRouteName = Extract<RouteName, `admin-${string}`>;
