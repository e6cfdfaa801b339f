import { RegistryError } from '../model/errors.ts';
import type { RepositoryName } from '../model/reference.ts';
import type { CatalogService } from '../registry/catalog-service.ts';
import type { RebuiltReferrers, ReferrerRebuilder } from '../registry/local/referrer-rebuilder.ts';
import { eachRepository } from './each-repository.ts';
import type { Job, JobRun } from './job.ts';

/** What the job works on. */
export interface ReferrerRebuildDependencies {
  readonly catalog: Pick<CatalogService, 'list'>;
  readonly referrers: Pick<ReferrerRebuilder, 'rebuild'>;
  /** Called after each repository. */
  readonly onRebuilt?: ((name: RepositoryName, rebuilt: RebuiltReferrers) => void) | undefined;
}

/** What a run did, over all repositories. */
export interface ReferrerRebuildReport extends RebuiltReferrers {
  readonly repositories: number;
}

/**
 * Writes the entries that link subjects to their referrers, for all repositories; for a storage that another program
 * has filled. Runs may overlap, and a registry may be running: every run derives the same entry from the same manifest.
 */
export class ReferrerRebuild implements Job<ReferrerRebuildReport> {
  readonly name = 'referrer-rebuild';
  readonly summary = 'lists referrers that another program stored; reads every manifest';
  readonly changes = true;
  readonly #dependencies: ReferrerRebuildDependencies;

  constructor(dependencies: ReferrerRebuildDependencies) {
    this.#dependencies = dependencies;
  }

  async run(run: JobRun): Promise<ReferrerRebuildReport> {
    const { catalog, referrers, onRebuilt } = this.#dependencies;
    const { dryRun, signal, log } = run;
    let [entries, unreadable] = [0, 0];
    const repositories = await eachRepository(catalog, run, async (name, onStep) => {
      const rebuilt = await referrers.rebuild(name, { dryRun, signal, onStep }).catch((error: unknown) => {
        if (!RegistryError.is(error, 'UNAVAILABLE')) throw error;
        log.warn({ name, err: error }, 'skipped a repository');
        return undefined;
      });
      if (rebuilt === undefined) return;
      entries += rebuilt.entries;
      unreadable += rebuilt.unreadable;
      if (rebuilt.unreadable > 0) log.warn({ name, ...rebuilt }, 'manifests do not match their digest');
      onRebuilt?.(name, rebuilt);
    });
    return { repositories, entries, unreadable };
  }
}
