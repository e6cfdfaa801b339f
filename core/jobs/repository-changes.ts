import type { RepositoryChanger } from '../admin/repository-changer.ts';
import { mapConcurrently } from '../async/concurrency.ts';
import { RegistryError } from '../model/errors.ts';
import type { ChangeCount, RepositoryChange } from '../storage/changes/repository-change.ts';
import type { Job, JobRun } from './job.ts';

/** Most of the time of a small change is the grace, so several wait for it together. */
const CONCURRENCY = 4;

/** What a run did. */
export interface RepositoryChangesReport {
  readonly completed: number;
  /** Those that another process completes, or that have become impossible; in a dry run, all. */
  readonly skipped: number;
  readonly tags: number;
  readonly manifests: number;
  /** Tags of deleted repositories that could not be read, so that they cannot come back. */
  readonly unreadable: number;
}

/** Hears of a change that has been completed; of several processes that work on it, in one. */
export type OnChanged = (change: RepositoryChange) => void;

/**
 * Completes the deletes and renames of repositories that were announced, also those whose process has died. Runs may
 * overlap: what a change removes cannot change meanwhile, and its work may be repeated.
 */
export class RepositoryChanges implements Job<RepositoryChangesReport> {
  readonly name = 'repository-changes';
  readonly summary = 'completes deletes and renames of repositories';
  readonly changes = true;
  readonly #changer: Pick<RepositoryChanger, 'unfinished' | 'complete' | 'removeRemnants'>;
  readonly #onChanged: OnChanged;

  constructor(
    changer: Pick<RepositoryChanger, 'unfinished' | 'complete' | 'removeRemnants'>,
    onChanged: OnChanged = () => undefined,
  ) {
    this.#changer = changer;
    this.#onChanged = onChanged;
  }

  async run(run: JobRun): Promise<RepositoryChangesReport> {
    const seen = new Set<string>();
    const report = { completed: 0, skipped: 0, tags: 0, manifests: 0, unreadable: 0 };
    const failures: unknown[] = [];
    if (!run.dryRun) await this.#removeRemnants(run);
    // Those that are announced during the run are completed as well.
    for (;;) {
      const found = (await this.#changer.unfinished()).filter(({ id }) => !seen.has(id));
      if (found.length === 0) break;
      await mapConcurrently(found, CONCURRENCY, async (change) => {
        seen.add(change.id);
        const count = await this.#complete(change, run).catch((error: unknown) => {
          run.signal.throwIfAborted();
          // One that cannot go on must not hold up the others.
          const facts = { job: this.name, action: change.action, name: change.name, err: error };
          run.log.warn(facts, 'a change of a repository cannot be completed now; the next run tries again');
          failures.push(error);
          return undefined;
        });
        report.completed += count === undefined ? 0 : 1;
        report.skipped += count === undefined ? 1 : 0;
        report.tags += count?.tags ?? 0;
        report.manifests += count?.manifests ?? 0;
        report.unreadable += count?.unreadable ?? 0;
      });
    }
    if (failures.length > 0) throw failures[0];
    return report;
  }

  async #removeRemnants({ log }: JobRun): Promise<void> {
    for (const { id, error } of await this.#changer.removeRemnants()) {
      const facts = { job: this.name, change: id, err: error };
      log.warn(facts, 'the files of a change that has ended cannot be removed now; the next run tries again');
    }
  }

  async #complete(change: RepositoryChange, run: JobRun): Promise<ChangeCount | undefined> {
    const { signal, dryRun, log, progress } = run;
    signal.throwIfAborted();
    const { action, name, target, user } = change;
    const facts = { job: this.name, action, name, target, user };
    if (dryRun) {
      log.info(facts, 'a change of a repository would be completed');
      return undefined;
    }
    try {
      const heard = { isFirst: false };
      const onCompleted = (): void => {
        heard.isFirst = true;
        this.#onChanged(change);
      };
      const count = await this.#changer.complete(change, { signal, onStep: (done) => progress(done), onCompleted });
      // Another process says and counts it.
      if (!heard.isFirst) return undefined;
      if (count.unreadable !== undefined)
        log.warn({ ...facts, unreadable: count.unreadable }, 'tags that could not be read cannot come back');
      log.info({ ...facts, ...count }, action === 'delete' ? 'deleted a repository' : 'renamed a repository');
      return count;
    } catch (error) {
      if (!RegistryError.is(error)) throw error;
      log.warn({ ...facts, err: error }, 'a change of a repository was not completed');
      return undefined;
    }
  }
}
