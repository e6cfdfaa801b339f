import { isRepositoryName, type RepositoryName } from '../model/reference.ts';
import type { CatalogService } from '../registry/catalog-service.ts';
import type { Page } from '../registry/page.ts';
import type { CheckpointStore } from './checkpoint-store.ts';
import type { JobRun } from './job.ts';

/** The number of repositories that are listed at a time. */
const BATCH = 1000;

/** What a walk through the repositories needs of a run. */
export interface RepositoriesRun extends Pick<JobRun, 'signal' | 'progress'> {
  readonly checkpoint: Pick<CheckpointStore, 'load'> & {
    save(place: { readonly repository: RepositoryName }): Promise<void>;
  };
}

/**
 * Runs `action` for every repository of the catalog, one after the other, starting after the last one of an earlier run
 * that did not complete. It saves its progress after each.
 * @returns the number of repositories
 */
export async function eachRepository(
  catalog: Pick<CatalogService, 'list'>,
  { signal, checkpoint, progress }: RepositoriesRun,
  action: (name: RepositoryName, onStep: () => void) => Promise<void>,
): Promise<number> {
  let repositories = 0;
  let after = await lastDone(checkpoint.load());
  let page: Page<RepositoryName>;
  do {
    page = await catalog.list({ limit: BATCH, after }, { signal });
    for (const name of page.items) {
      signal.throwIfAborted();
      await action(name, () => progress(repositories));
      repositories += 1;
      progress(repositories);
      await checkpoint.save({ repository: name });
      after = name;
    }
  } while (page.more);
  return repositories;
}

/** The last repository that an incomplete earlier run finished. */
async function lastDone(loading: Promise<unknown>): Promise<RepositoryName | undefined> {
  const value = await loading;
  if (typeof value !== 'object' || value === null || !('repository' in value)) return undefined;
  const { repository } = value;
  return typeof repository === 'string' && isRepositoryName(repository) ? repository : undefined;
}
