import { DriverError } from '../driver/index.ts';
import type { RepositoryName } from '../model/reference.ts';
import type { CatalogService } from '../registry/catalog-service.ts';
import type { TagDecision } from '../retention/decide-tags.ts';
import type { RemoveOptions, RepositoryRetention, RetentionPolicy } from '../retention/repository-retention.ts';
import { concernsOnePath } from '../storage/unreadable-paths.ts';
import { eachRepository } from './each-repository.ts';
import type { Job, JobRun } from './job.ts';
import { JobUnsupportedError } from './job-unsupported-error.ts';

/** The report names at most so many repositories, and the log so many tags of each. */
const MAX_REPORTED = 50;

/** What the job works on. */
export interface RetentionDependencies {
  readonly catalog: Pick<CatalogService, 'list'>;
  /** Loads what decides and removes, which most registries never need. */
  readonly load: () => Promise<Pick<RepositoryRetention, 'decide' | 'remove'>>;
  /** The registry as clients have it; absent where it is not open, so that only a dry run is possible. */
  readonly manifests: RemoveOptions['manifests'] | undefined;
  /** Records the pulls that this process knows, and resolves with whether it could; absent where it records none. */
  readonly recordPulls?: (() => Promise<boolean>) | undefined;
}

/** What the job decides by, and who hears of it. */
export interface RetentionOptions extends RetentionPolicy {
  /** Hears what was decided about a repository, before anything is removed. */
  readonly onDecided?: ((name: RepositoryName, decisions: readonly TagDecision[]) => void) | undefined;
  readonly onRemoved?: RemoveOptions['onRemoved'];
  /** Whether something may be removed now; asked before each repository. Default: yes. */
  readonly mayRemove?: (() => boolean) | undefined;
}

/** What a run did; in a dry run, what it would do. */
export interface RetentionReport {
  /** Repositories that a rule matches. */
  readonly repositories: number;
  /** The tags of these. */
  readonly tags: number;
  readonly removed: number;
  /** Tags that were to go and that were pushed or deleted meanwhile. */
  readonly changed: number;
  /** Tags that were to go and that the registry refused to remove, because they are immutable. */
  readonly protected: number;
  readonly failed: number;
  /** Repositories that could not be judged, because files of theirs cannot be read; absent without any. */
  readonly unreadable?: number;
  /** Tags that stay only because pulls have not been recorded for long enough; absent without any. */
  readonly lackingPulls?: number;
  /** The number of removed tags by repository; the 50 with most. */
  readonly removedFrom: Readonly<Record<string, number>>;
}

/**
 * Removes tags by rules, repository by repository, through the registry, as a client would. Runs may overlap, and a
 * registry may be running: a tag goes only if it is still as it was when it was judged.
 */
export class Retention implements Job<RetentionReport> {
  readonly name = 'retention';
  readonly summary = 'removes tags by the rules of retention';
  readonly changes = true;
  readonly #dependencies: RetentionDependencies;
  readonly #options: RetentionOptions;

  constructor(dependencies: RetentionDependencies, options: RetentionOptions) {
    this.#dependencies = dependencies;
    this.#options = options;
  }

  async run(run: JobRun): Promise<RetentionReport> {
    if (this.#options.rules.length === 0) throw new JobUnsupportedError('there are no rules of retention');
    const tally = new Tally();
    const lacksPulls = (await this.#dependencies.recordPulls?.()) === false;
    if (lacksPulls)
      run.log.warn({ job: this.name }, 'pulls could not be recorded, so every tag stays that a pull may keep');
    try {
      await eachRepository(this.#dependencies.catalog, run, async (name, onStep) => {
        try {
          await this.#retain(name, run, { tally, onStep, lacksPulls });
        } catch (error) {
          // Another run would meet it again, and never get to the repositories after it.
          if (!concernsOnePath(error)) throw error;
          tally.unreadable += 1;
          run.log.warn({ job: this.name, repository: name, err: error }, 'a repository could not be judged');
        }
      });
    } catch (error) {
      if (!DriverError.is(error, 'not-supported')) throw error;
      throw new JobUnsupportedError('the storage is read-only, so no tag can be removed', { cause: error });
    }
    return tally.report();
  }

  async #retain(
    name: RepositoryName,
    { signal, dryRun, log }: JobRun,
    { tally, onStep, lacksPulls }: { readonly tally: Tally; readonly onStep: () => void; readonly lacksPulls: boolean },
  ): Promise<void> {
    const { load, manifests } = this.#dependencies;
    const retention = await load();
    const decisions = await retention.decide(name, this.#options, { signal, onStep, lacksPulls });
    if (decisions.length === 0) return;
    this.#options.onDecided?.(name, decisions);
    const going = decisions.filter(({ stays }) => !stays);
    tally.repositories += 1;
    tally.tags += decisions.length;
    tally.lackingPulls += decisions.filter(({ lacksPulls }) => lacksPulls).length;
    if (going.length === 0) return;
    const fields = {
      job: this.name,
      repository: name,
      tags: decisions.length,
      some: going.slice(0, MAX_REPORTED).map(({ facts }) => facts.tag),
    };
    if (dryRun) {
      tally.add(name, going.length);
      log.info({ ...fields, removed: going.length }, 'tags would be removed');
      return;
    }
    if (manifests === undefined) throw new JobUnsupportedError('the registry is not open, so no tag can be removed');
    const { onRemoved, mayRemove } = this.#options;
    if (mayRemove?.() === false) throw new Error('the audit log, without which nothing may change, cannot be written');
    const result = await retention.remove(name, going, { manifests, signal, onStep, onRemoved });
    tally.add(name, result.removed);
    tally.changed += result.changed;
    tally.protected += result.protected;
    tally.failed += result.failures.length;
    const { failures, ...counts } = result;
    log.info({ ...fields, ...counts }, 'tags removed');
    for (const { tag, error } of failures.slice(0, MAX_REPORTED))
      log.warn({ job: this.name, repository: name, tag, err: error }, 'a tag could not be removed');
  }
}

class Tally {
  repositories = 0;
  tags = 0;
  changed = 0;
  protected = 0;
  unreadable = 0;
  lackingPulls = 0;
  failed = 0;
  #removed = 0;
  readonly #removedFrom: [RepositoryName, number][] = [];

  add(name: RepositoryName, removed: number): void {
    this.#removed += removed;
    if (removed === 0) return;
    this.#removedFrom.push([name, removed]);
    // Sorted now and then, so that a registry with many repositories takes no more memory.
    if (this.#removedFrom.length >= 2 * MAX_REPORTED) this.#keepMost();
  }

  report(): RetentionReport {
    this.#keepMost();
    const { repositories, tags, changed, failed, unreadable, lackingPulls } = this;
    const counts = { repositories, tags, removed: this.#removed, changed, protected: this.protected, failed };
    const removedFrom = Object.fromEntries(this.#removedFrom);
    const rare = { ...(unreadable > 0 && { unreadable }), ...(lackingPulls > 0 && { lackingPulls }) };
    return { ...counts, ...rare, removedFrom };
  }

  #keepMost(): void {
    this.#removedFrom.sort(([, one], [, other]) => other - one).splice(MAX_REPORTED);
  }
}
