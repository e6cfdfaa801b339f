import type { JobStore } from '../../core/storage/job-store.ts';
import type { Clock } from '../jobs/clock.ts';
import { type ConfiguredJob, dueInMs } from '../jobs/job-schedule.ts';
import { type RunView, runView, timeOf } from './run-view.ts';

/** A job as programs see it. */
export interface JobView {
  readonly name: string;
  readonly summary: string;
  /** The time between two runs of the whole cluster; absent: the job runs when an operator asks for it. */
  readonly intervalSeconds?: number;
  /** Whether its scheduled runs only report what they would change. */
  readonly dryRun: boolean;
  /** When it should run next; a time that is over means as soon as an instance checks. */
  readonly nextRunAt?: string;
  /** The newest run in all instances; absent: none is known. */
  readonly run?: RunView;
}

/** What the administration of jobs works with. */
export interface JobAdministrationDependencies {
  readonly jobs: readonly ConfiguredJob[];
  readonly store: JobStore;
  readonly clock: Pick<Clock, 'now'>;
}

/** What operators do with jobs. */
export class JobAdministration {
  readonly #dependencies: JobAdministrationDependencies;

  constructor(dependencies: JobAdministrationDependencies) {
    this.#dependencies = dependencies;
  }

  /** Every job; one driver call for each. */
  async list(): Promise<readonly JobView[]> {
    return Promise.all(this.#dependencies.jobs.map((job) => this.#view(job)));
  }

  async #view({ job, intervalMs, dryRun }: ConfiguredJob): Promise<JobView> {
    const { store, clock } = this.#dependencies;
    const last = await store.lastRun(job.name);
    const now = clock.now();
    return {
      name: job.name,
      summary: job.summary,
      ...(intervalMs !== undefined && { intervalSeconds: intervalMs / 1000 }),
      dryRun,
      ...(intervalMs !== undefined && { nextRunAt: timeOf(now + dueInMs(last, { intervalMs, clock })) }),
      ...(last !== undefined && { run: runView(last, now) }),
    };
  }
}
