import type { JobAdministration } from '../../administration/job-administration.ts';
import { sendJson } from '../../http/responses.ts';
import type { Handler, Handlers } from '../route-context.ts';

/** The jobs. */
export function adminJobsRoutes(jobs: JobAdministration): Handlers<'admin-jobs'> {
  const list: Handler<'admin-jobs'> = async ({ ctx }) => {
    sendJson(ctx, 200, JSON.stringify({ jobs: await jobs.list() }));
  };
  return { GET: list, HEAD: list };
}
