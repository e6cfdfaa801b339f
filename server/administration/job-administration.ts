import { RegistryError } from '../../core/model/errors.ts';
import type { Broadcast } from '../../core/ports/broadcast.ts';
import type { Clock } from '../jobs/clock.ts';
import { type ConfiguredJob, dueInMs, type JobSchedules } from '../jobs/job-schedule.ts';
import { JOB_CANCELLATION } from '../jobs/subject.ts';
import type { NewestRuns } from './newest-runs.ts';
import { type RunView, runView, timeOf } from './run-view.ts';

/** A job as programs see it. */
export interface JobView {
  readonly name: string;
  readonly summary: string;
  /** The time between two runs of the whole cluster; absent: the job runs when an operator asks for it. */
  readonly intervalSeconds?: number;
  /** Whether its runs only report what they would change. */
  readonly dryRun: boolean;
  /** When it should run next; a time that is over means as soon as an instance checks. */
  readonly nextRunAt?: string;
  /** The newest run in all instances; absent: none is known. */
  readonly run?: RunView;
}

/** What the administration of jobs works with. */
export interface JobAdministrationDependencies {
  readonly jobs: readonly ConfiguredJob[];
  readonly schedules: Pick<JobSchedules, 'start'>;
  readonly runs: NewestRuns;
  readonly broadcast: Pick<Broadcast, 'publish'>;
}

/** How a job is run by hand. */
export interface RunByHand {
  readonly dryRun: boolean;
  /** Whether it resumes the work of an earlier run that has not completed. */
  readonly resumes: boolean;
}

/** What operators do with jobs. */
export class JobAdministration {
  readonly #dependencies: JobAdministrationDependencies;
  readonly #clock: Pick<Clock, 'now'>;

  constructor(dependencies: JobAdministrationDependencies, clock: Pick<Clock, 'now'>) {
    this.#dependencies = dependencies;
    this.#clock = clock;
  }

  /** Every job; at most two driver calls for each. */
  async list(): Promise<readonly JobView[]> {
    return Promise.all(this.#dependencies.jobs.map((job) => this.#view(job)));
  }

  /**
   * Begins a run in this process; it goes on when the call has returned.
   * @throws RegistryError `ENTRY_UNKNOWN` for a job that does not exist, `STATE_CONFLICT` when it cannot run now
   */
  async run(name: string, { dryRun, resumes }: RunByHand): Promise<RunView> {
    const { schedules, runs } = this.#dependencies;
    const configured = this.require(name);
    const result = await schedules.start(configured.job, {
      dryRun: dryRun || configured.dryRun,
      resumes,
    });
    runs.forget(name);
    if (result.outcome === 'begun') return runView(result.run, this.#clock.now());
    throw new RegistryError('STATE_CONFLICT', {
      job: name,
      reason: result.outcome === 'waiting' ? result.reason : REASONS[result.outcome],
    });
  }

  /**
   * Cancels the run of a job, in whatever process it is: at once in the processes that the broadcast reaches, otherwise within
   * seconds. It ends after its current step.
   * @throws RegistryError `ENTRY_UNKNOWN` for a job that does not exist, `STATE_CONFLICT` when it is not running
   */
  async cancel(name: string): Promise<RunView> {
    const { runs, broadcast } = this.#dependencies;
    this.require(name);
    runs.forget(name);
    const run = await runs.running(name);
    if (run === undefined) throw new RegistryError('STATE_CONFLICT', { job: name, reason: 'the job is not running' });
    await runs.cancel(name, run);
    await broadcast.publish(JOB_CANCELLATION, `${run.startedAtMs} ${name}`);
    return runView(run, this.#clock.now());
  }

  /** @throws RegistryError `ENTRY_UNKNOWN` for a job that does not exist */
  require(name: string): ConfiguredJob {
    const found = this.#dependencies.jobs.find(({ job }) => job.name === name);
    if (found !== undefined) return found;
    throw new RegistryError('ENTRY_UNKNOWN', { job: name.slice(0, 256), reason: 'there is no such job' });
  }

  async #view({ job, intervalMs, dryRun }: ConfiguredJob): Promise<JobView> {
    const { newest, scheduled } = await this.#dependencies.runs.of(job.name);
    const now = this.#clock.now();
    const clock = { now: () => now };
    return {
      name: job.name,
      summary: job.summary,
      ...(intervalMs !== undefined && { intervalSeconds: intervalMs / 1000 }),
      dryRun,
      ...(intervalMs !== undefined && { nextRunAt: timeOf(now + dueInMs(scheduled, { intervalMs, clock })) }),
      ...(newest !== undefined && { run: runView(newest, now) }),
    };
  }
}

/** Why a job was not begun. The first three cannot happen before it has begun. */
const REASONS = {
  completed: 'the job has ended already',
  failed: 'the job has failed',
  cancelled: 'the job was cancelled',
  aborted: 'the registry stops',
  locked: 'the job is running already',
  'read-only': 'the registry is read-only, and the job would change content; a dry run would not',
  'not-due': 'the job is not due',
  unsupported: 'the storage cannot do this',
} as const;
