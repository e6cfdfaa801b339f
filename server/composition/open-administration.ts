import type { Administration } from '../administration/administration.ts';
import { JobAdministration } from '../administration/job-administration.ts';
import { systemClock } from '../jobs/clock.ts';
import type { Jobs } from './open-jobs.ts';

/** What administration works on. */
export interface AdministrationDependencies {
  readonly jobs: Pick<Jobs, 'jobs' | 'store'>;
}

/** The parts of the admin API; loaded with the first request to it. */
export function openAdministration({ jobs }: AdministrationDependencies): Administration {
  return { jobs: new JobAdministration({ ...jobs, clock: systemClock }) };
}
