import type { CatalogService } from '../registry/catalog-service.ts';
import type { TagCleaner } from '../registry/local/tag-cleaner.ts';
import { eachRepository } from './each-repository.ts';
import type { Job, JobRun } from './job.ts';

/** What the job works on. */
export interface TagCleanupDependencies {
  readonly catalog: Pick<CatalogService, 'list'>;
  readonly cleaner: Pick<TagCleaner, 'clean'>;
}

/** What a run did. */
export interface TagCleanupReport {
  readonly repositories: number;
  readonly removed: number;
}

/**
 * Removes tag folders that have no link. A crash of another registry leaves them, and lists show them as tags that
 * nobody can pull. Runs may overlap, and a registry may be running: the job removes only histories and empty folders,
 * never the link of a tag.
 */
export class TagCleanup implements Job<TagCleanupReport> {
  readonly name = 'tag-cleanup';
  readonly summary = 'removes tags without a link, which a crash leaves; reads every tag';
  readonly changes = true;
  readonly #dependencies: TagCleanupDependencies;

  constructor(dependencies: TagCleanupDependencies) {
    this.#dependencies = dependencies;
  }

  async run(run: JobRun): Promise<TagCleanupReport> {
    const { catalog, cleaner } = this.#dependencies;
    const { dryRun, signal } = run;
    let removed = 0;
    const repositories = await eachRepository(catalog, run, async (name, onStep) => {
      removed += await cleaner.clean(name, { dryRun, signal, onStep });
    });
    return { repositories, removed };
  }
}
