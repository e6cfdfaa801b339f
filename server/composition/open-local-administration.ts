import { BROADCAST } from '../../core/di.ts';
import type { AdministrationOfStorage } from '../administration/administration.ts';
import type { LoadedConfiguration } from '../config/index.ts';
import { toHttpSettings } from '../http/http-settings.ts';
import { systemClock as clock } from '../jobs/clock.ts';
import { JobSchedules } from '../jobs/job-schedule.ts';
import { silentLog as log } from '../jobs/silent-log.ts';
import { openAdministration } from './open-administration.ts';
import { openJobs } from './open-jobs.ts';

/** The administration of a storage whose registry, if one runs, is another process. */
export interface LocalAdministration extends AdministrationOfStorage, AsyncDisposable {}

/**
 * Opens the storage of a configuration for commands of administration; a registry may serve it meanwhile.
 * @throws Error that says why it failed; nothing is left open
 */
export async function openLocalAdministration(loaded: LoadedConfiguration): Promise<LocalAdministration> {
  const jobs = await openJobs(loaded, { log });
  const schedules = new JobSchedules([], { runner: jobs.runner, clock, log });
  const { core } = jobs;
  const settings = toHttpSettings(loaded.configuration);
  const broadcast = core.get(BROADCAST);
  const administration = openAdministration({ jobs, schedules, broadcast, core, loaded, settings, log });
  return {
    ...administration,
    [Symbol.asyncDispose]: async () => {
      await schedules[Symbol.asyncDispose]();
      await jobs[Symbol.asyncDispose]();
    },
  };
}
