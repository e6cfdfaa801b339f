import type { RecordedChanges } from '../../core/admin/recorded-changes.ts';
import type { AnnouncementOptions, RepositoryChanger, WantedChange } from '../../core/admin/repository-changer.ts';
import { RegistryError } from '../../core/model/errors.ts';
import type { RepositoryName } from '../../core/model/reference.ts';
import type { Logger } from '../../core/ports/logger.ts';
import type { EndedChange } from '../../core/storage/changes/ended-change-store.ts';
import { isChangeId, namesOf, type RepositoryChange } from '../../core/storage/changes/repository-change.ts';
import { REMOVAL_REFUSED } from '../../core/storage-copy/copy-on-read/removal-refused.ts';
import type { Clock } from '../jobs/clock.ts';
import type { ConfiguredJob, JobSchedules } from '../jobs/job-schedule.ts';
import { timeOf } from './run-view.ts';

const JOB = 'repository-changes';
/** When to begin the job again while another process runs it, in milliseconds. */
const RETRY_MS = 5_000;

/** A change of a repository as programs see it. */
export interface ChangeView {
  readonly id: string;
  readonly action: RepositoryChange['action'];
  readonly repository: RepositoryName;
  readonly to?: RepositoryName;
  readonly announcedAt: string;
  readonly user?: string;
  readonly state: 'announced' | 'under way' | 'withdrawn';
}

/** A change of a repository that has ended, as programs see it. */
export interface EndedChangeView extends Omit<ChangeView, 'state'> {
  readonly state: 'completed' | 'failed';
  readonly endedAt: string;
  /** Of a completed one: what was deleted or renamed. */
  readonly tags?: number;
  readonly manifests?: number;
  /** Of a failed one. */
  readonly reason?: string;
}

/** What the administration of repositories works with. */
export interface RepositoryAdministrationDependencies {
  readonly changer: Pick<RepositoryChanger, 'announce' | 'unfinished' | 'withdraw'>;
  readonly recorded: Pick<RecordedChanges, 'find'>;
  readonly jobs: readonly ConfiguredJob[];
  readonly schedules: Pick<JobSchedules, 'start' | 'stopping'>;
  readonly log: Logger;
}

/** What forbids changes. */
export interface RepositoryAdministrationOptions {
  readonly isDeleteEnabled: () => boolean;
  /** Whether nothing can be removed, because another storage would bring it back. */
  readonly copiesFrom?: boolean;
  readonly isImmutable: NonNullable<AnnouncementOptions['isImmutable']>;
  readonly clock: Pick<Clock, 'wait'>;
}

/** What operators do with whole repositories. */
export class RepositoryAdministration {
  readonly #dependencies: RepositoryAdministrationDependencies;
  readonly #options: RepositoryAdministrationOptions;

  constructor(dependencies: RepositoryAdministrationDependencies, options: RepositoryAdministrationOptions) {
    this.#dependencies = dependencies;
    this.#options = options;
  }

  /** The changes that have not ended. */
  async changes(): Promise<readonly ChangeView[]> {
    return (await this.#dependencies.changer.unfinished()).map(viewOf);
  }

  /**
   * How far a change is, or how it has ended.
   * @param name the repository that the change must be of; absent: of any repository
   * @throws RegistryError `ENTRY_UNKNOWN`
   */
  async find(id: string, name: RepositoryName | undefined): Promise<ChangeView | EndedChangeView> {
    const change = isChangeId(id) ? await this.#dependencies.recorded.find(id) : undefined;
    // A rename concerns two names, so the administrator of one of them is not enough.
    const isHidden = change !== undefined && name !== undefined && namesOf(change).some((each) => each !== name);
    if (change !== undefined && !isHidden) return 'ending' in change ? endedViewOf(change) : viewOf(change);
    throw new RegistryError('ENTRY_UNKNOWN', { reason: 'no such change is under way or has ended within a week' });
  }

  /**
   * Announces a change, and begins the job that completes it, which goes on when the call has returned.
   * @param force whether immutable tags do not prevent it
   * @throws RegistryError what prevents it
   */
  async change(wanted: WantedChange, force: boolean): Promise<ChangeView> {
    const { isDeleteEnabled, copiesFrom, isImmutable } = this.#options;
    if (copiesFrom === true) throw new RegistryError('STATE_CONFLICT', { reason: REMOVAL_REFUSED });
    if (!isDeleteEnabled()) {
      const why = wanted.action === 'rename' ? ', and a rename removes the old name' : '';
      throw new RegistryError('STATE_CONFLICT', {
        reason: `deleting is disabled${why}; set storage.delete.enabled to allow it`,
      });
    }
    const change = await this.#dependencies.changer.announce(wanted, force ? {} : { isImmutable });
    void this.#begin();
    return viewOf(change);
  }

  /**
   * Withdraws the change of a repository that has been announced; the withdrawal is recorded when the call returns.
   * The job, or the process that works on it, ends it afterwards; {@link changes} lists it until then.
   * @throws RegistryError as {@link RepositoryChanger.withdraw}
   */
  async withdraw(name: RepositoryName): Promise<ChangeView> {
    const { changer } = this.#dependencies;
    try {
      const change = await changer.withdraw(name);
      void this.#begin();
      return viewOf(change);
    } catch (error) {
      // The process that has left its sign, and may be about to begin a rename, may be gone: then the job ends it.
      const changes = RegistryError.is(error, 'STATE_CONFLICT') ? await changer.unfinished() : [];
      const isRecorded = changes.some((each) => each.isWithdrawn === true && namesOf(each).includes(name));
      if (isRecorded) void this.#begin();
      throw error;
    }
  }

  /** Never rejects: the change is announced, so whatever happens here, a later run completes it. */
  async #begin(): Promise<void> {
    const { jobs, schedules, log } = this.#dependencies;
    const configured = jobs.find(({ job }) => job.name === JOB);
    try {
      while (configured !== undefined && !schedules.stopping.aborted) {
        const { outcome } = await schedules.start(configured.job, { dryRun: false, resumes: false });
        if (outcome !== 'locked') return;
        await this.#options.clock.wait(RETRY_MS, schedules.stopping);
      }
    } catch (error) {
      log.warn({ err: error, job: JOB }, 'a change of a repository waits for the next run of its job');
    }
  }
}

function viewOf({
  id,
  action,
  name,
  target,
  announcedAt,
  user,
  isUnderWay,
  isWithdrawn,
}: RepositoryChange): ChangeView {
  return {
    id,
    action,
    repository: name,
    ...(target !== undefined && { to: target }),
    announcedAt: timeOf(announcedAt.getTime()),
    ...(user !== undefined && { user }),
    state: isWithdrawn === true ? 'withdrawn' : isUnderWay ? 'under way' : 'announced',
  };
}

function endedViewOf({ endedAt, ending, ...announcement }: EndedChange): EndedChangeView {
  const view = viewOf({ ...announcement, isUnderWay: true });
  return { ...view, endedAt: timeOf(endedAt.getTime()), ...ending };
}
