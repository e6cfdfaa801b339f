import { QuarantineAdministration } from '../../core/admin/quarantine-administration.ts';
import { RecordedChanges } from '../../core/admin/recorded-changes.ts';
import { RepositoryChanger } from '../../core/admin/repository-changer.ts';
import { TrashAdministration } from '../../core/admin/trash-administration.ts';
import { UploadAdministration } from '../../core/admin/upload-administration.ts';
import type { EmitEvent } from '../../core/events/registry-events.ts';
import type { Broadcast } from '../../core/ports/broadcast.ts';
import type { Logger } from '../../core/ports/logger.ts';
import type { Registry } from '../../core/registry/registry.ts';
import type { Administration, AdministrationOfStorage } from '../administration/administration.ts';
import { immutableTagsOf } from '../administration/immutable-tags.ts';
import { JobAdministration } from '../administration/job-administration.ts';
import { JobWatches } from '../administration/job-watches.ts';
import { NewestRuns } from '../administration/newest-runs.ts';
import { RepositoryAdministration } from '../administration/repository-administration.ts';
import type { LoadedConfiguration } from '../config/index.ts';
import type { HttpSettings } from '../http/http-settings.ts';
import { systemClock as clock } from '../jobs/clock.ts';
import type { JobSchedules } from '../jobs/job-schedule.ts';
import type { CoreContainer } from './core-container.ts';
import type { Jobs } from './open-jobs.ts';
import { openTagHistoryAdministration, openTagRestoration } from './open-tag-history.ts';
import { openTrash } from './open-trash.ts';

/** What administration works on. */
export interface AdministrationDependencies {
  readonly jobs: Jobs;
  readonly schedules: JobSchedules;
  readonly broadcast: Broadcast;
  readonly core: CoreContainer;
  readonly loaded: LoadedConfiguration;
  readonly settings: HttpSettings;
  readonly log: Logger;
}

/**
 * The parts of the admin API; loaded with the first request to it.
 * @param dependencies.announce reports to event sinks
 * @param dependencies.registry with all wrappers
 */
export function openServingAdministration(
  dependencies: AdministrationDependencies & {
    readonly announce: EmitEvent;
    readonly registry: Pick<Registry, 'manifests'>;
  },
): Administration {
  const { core, loaded, announce, registry } = dependencies;
  const trash = openTrash(core, { keepMs: loaded.configuration.storage.keepDeletedMs });
  return {
    ...openAdministration(dependencies),
    tagRestoration: openTagRestoration(core, registry.manifests),
    trash: new TrashAdministration({ ...trash, announce, validation: loaded.configuration.validation }),
  };
}

/** The parts that commands use on a storage as well. */
export function openAdministration(dependencies: AdministrationDependencies): AdministrationOfStorage {
  const { jobs, schedules, broadcast, core } = dependencies;
  const runs = new NewestRuns({ ...jobs, clock });
  return {
    jobs: new JobAdministration({ jobs: jobs.jobs, schedules, runs, broadcast }, clock),
    watches: new JobWatches({ runs, clock, stopping: schedules.stopping }),
    quarantine: core.get(QuarantineAdministration),
    repositories: repositoryAdministration(dependencies),
    tagHistory: openTagHistoryAdministration(core),
    uploads: core.get(UploadAdministration),
  };
}

function repositoryAdministration(dependencies: AdministrationDependencies): RepositoryAdministration {
  const { core, jobs, schedules, log, settings, loaded } = dependencies;
  return new RepositoryAdministration(
    { changer: core.get(RepositoryChanger), recorded: core.get(RecordedChanges), jobs: jobs.jobs, schedules, log },
    {
      isDeleteEnabled: () => settings.deleteEnabled,
      copiesFrom: settings.copiesFrom === true,
      isImmutable: immutableTagsOf(loaded.configuration, settings),
      clock,
    },
  );
}
