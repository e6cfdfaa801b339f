import { isRepositoryName, type RepositoryName } from '../model/reference.ts';
import type { CatalogService } from '../registry/catalog-service.ts';
import type { RebuiltReferrers, ReferrerRebuilder } from '../registry/local/referrer-rebuilder.ts';
import type { Page } from '../registry/page.ts';
import type { Job, JobRun } from './job.ts';

/** How many repositories are asked for at a time. */
const BATCH = 1000;

/** What the job works on. */
export interface ReferrerRebuildDependencies {
  readonly catalog: Pick<CatalogService, 'list'>;
  readonly referrers: Pick<ReferrerRebuilder, 'rebuild'>;
  /** Called after each repository. */
  readonly onRebuilt?: ((name: RepositoryName, rebuilt: RebuiltReferrers) => void) | undefined;
}

/** What a rebuild did, in all repositories of the run. */
export interface ReferrerRebuildReport extends RebuiltReferrers {
  readonly repositories: number;
}

/**
 * Writes the entries that link subjects to their referrers, for all repositories; for a storage that another program
 * has filled. Runs may overlap, and a registry may run meanwhile: every run derives the same entry from the same
 * manifest.
 */
export class ReferrerRebuild implements Job<ReferrerRebuildReport> {
  readonly name = 'referrer-rebuild';
  readonly summary = 'lists referrers that another program stored; reads every manifest';
  readonly changes = true;
  readonly #dependencies: ReferrerRebuildDependencies;

  constructor(dependencies: ReferrerRebuildDependencies) {
    this.#dependencies = dependencies;
  }

  async run({ dryRun, signal, checkpoint, log, progress }: JobRun): Promise<ReferrerRebuildReport> {
    const { catalog, referrers, onRebuilt } = this.#dependencies;
    let [repositories, entries, unreadable] = [0, 0, 0];
    let after = await lastDone(checkpoint.load());
    const onStep = (): void => progress(repositories);
    let page: Page<RepositoryName>;
    do {
      page = await catalog.list({ limit: BATCH, after }, { signal });
      for (const name of page.items) {
        signal.throwIfAborted();
        const rebuilt = await referrers.rebuild(name, { dryRun, signal, onStep });
        repositories += 1;
        entries += rebuilt.entries;
        unreadable += rebuilt.unreadable;
        if (rebuilt.unreadable > 0) log.warn({ name, ...rebuilt }, 'manifests do not match their digest');
        onRebuilt?.(name, rebuilt);
        progress(repositories);
        await checkpoint.save({ repository: name });
        after = name;
      }
    } while (page.more);
    return { repositories, entries, unreadable };
  }
}

/** The last repository of an earlier run that did not complete. */
async function lastDone(loading: Promise<unknown>): Promise<RepositoryName | undefined> {
  const value = await loading;
  if (typeof value !== 'object' || value === null || !('repository' in value)) return undefined;
  const { repository } = value;
  return typeof repository === 'string' && isRepositoryName(repository) ? repository : undefined;
}
