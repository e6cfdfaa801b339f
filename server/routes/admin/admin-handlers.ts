import type { AdminRouteName } from '../../../core/api/route-descriptors.ts';
import type { Administration } from '../../administration/administration.ts';
import type { RouteHandlers } from '../route-context.ts';
import { adminJobsRoutes } from './jobs.ts';

/** The handlers of the admin API. */
export type AdminHandlers = Pick<RouteHandlers, AdminRouteName>;

/** One line for each route. */
export function adminHandlers({ jobs }: Administration): AdminHandlers {
  return {
    'admin-jobs': adminJobsRoutes(jobs),
  };
}
