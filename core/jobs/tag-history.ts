import { DriverError } from '../driver/index.ts';
import type { HistoryLimits, HistoryPruner, PrunedHistory } from '../tag-history/history-pruner.ts';
import type { Job, JobRun } from './job.ts';
import { JobUnsupportedError } from './job-unsupported-error.ts';

/** What the job works with. */
export interface TagHistoryPruneDependencies {
  /** Loads what removes records, which most registries never need. */
  readonly load: () => Promise<Pick<HistoryPruner, 'prune'>>;
}

/** Removes old records of the history of tags. Runs may overlap, and tags may be moved meanwhile. */
export class TagHistoryPrune implements Job<PrunedHistory> {
  readonly name = 'tag-history';
  readonly summary = 'removes old records of the history of tags';
  readonly changes = true;
  readonly #dependencies: TagHistoryPruneDependencies;
  readonly #limits: HistoryLimits;

  constructor(dependencies: TagHistoryPruneDependencies, limits: HistoryLimits) {
    this.#dependencies = dependencies;
    this.#limits = limits;
  }

  async run({ dryRun, signal, progress }: JobRun): Promise<PrunedHistory> {
    const pruner = await this.#dependencies.load();
    try {
      return await pruner.prune({ ...this.#limits, dryRun, signal, onStep: progress });
    } catch (error) {
      if (!DriverError.is(error, 'not-supported')) throw error;
      throw new JobUnsupportedError('the storage is read-only, so no record can be removed', { cause: error });
    }
  }
}
