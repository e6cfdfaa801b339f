import type { Broadcast } from '../../core/ports/broadcast.ts';
import type { Administration } from '../administration/administration.ts';
import { JobAdministration } from '../administration/job-administration.ts';
import { JobWatches } from '../administration/job-watches.ts';
import { NewestRuns } from '../administration/newest-runs.ts';
import { systemClock as clock } from '../jobs/clock.ts';
import type { JobSchedules } from '../jobs/job-schedule.ts';
import type { Jobs } from './open-jobs.ts';

/** What administration works on. */
export interface AdministrationDependencies {
  readonly jobs: Jobs;
  readonly schedules: JobSchedules;
  readonly broadcast: Broadcast;
}

/** The parts of the admin API; loaded with the first request to it. */
export function openAdministration({ jobs, schedules, broadcast }: AdministrationDependencies): Administration {
  const runs = new NewestRuns({ ...jobs, clock });
  return {
    jobs: new JobAdministration({ jobs: jobs.jobs, schedules, runs, broadcast }, clock),
    watches: new JobWatches({ runs, clock, stopping: schedules.stopping }),
  };
}
