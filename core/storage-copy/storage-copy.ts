import { inOrder } from '../async/in-order.ts';
import { childPath } from '../driver/index.ts';
import type { RepositoryName } from '../model/reference.ts';
import { WalkEstimate } from '../scrub/walk-estimate.ts';
import { ContentCopy } from './content-copy.ts';
import type { CopyReport } from './copy-report.ts';
import { type CopyObserver, type CopyOptions, CopySession } from './copy-session.ts';
import type { CopySide } from './copy-side.ts';
import { RepositoryCopy } from './repository-copy.ts';
import { TreeCopy } from './tree-copy.ts';

/** The two storages of a copy. */
export interface CopySides {
  /** Only read. */
  readonly source: CopySide;
  readonly target: CopySide;
}

/** The source has no repository and the target has some, so a copy that deletes would remove everything. */
export class EmptySourceError extends Error {
  override readonly name = 'EmptySourceError';
}

/** A repository of one of the storages is being deleted or renamed, so what it has is half here and half there. */
export class ChangingStorageError extends Error {
  override readonly name = 'ChangingStorageError';
}

/**
 * Copies everything from one storage to another that clients can get: contents, repositories, access tokens. The source
 * may take pushes and deletes meanwhile. The target is a registry without a dangling reference at each moment; a pass that
 * is killed anywhere is completed by the next one, which skips what is there. Passes converge: the last one on a source
 * that does not change makes both equal. Uploads, quarantine, jobs and what a doctor left are not copied.
 */
export class StorageCopy {
  readonly #sides: CopySides;

  constructor(sides: CopySides) {
    this.#sides = sides;
  }

  /**
   * Does one pass. Memory: the tags and manifests of one repository, and `concurrency` times what the target's driver
   * holds of a file.
   * @throws EmptySourceError; ChangingStorageError; DriverError when a storage fails; the reason of the signal, soon after it aborts
   */
  async run(
    options: CopyOptions,
    { signal, observer = {} }: { readonly signal: AbortSignal; readonly observer?: CopyObserver },
  ): Promise<CopyReport> {
    const session = new CopySession(options, { signal, observer });
    const { source, target } = this.#sides;
    await this.#requireNoChanges();
    if (options.deletes) await this.#requireRepositories();
    session.counts.collections = (await source.collections.ids()).length;
    const content = new ContentCopy(this.#sides, session);
    const trees = new TreeCopy(this.#sides, session);
    await content.removeOldParts();
    // A target in use has copied them before, and what was revoked there since must not come back.
    if (!options.onlyMissing) {
      await trees.copy(source.paths.access());
      await trees.copyFile(source.paths.copies.accessCopied());
    }
    await trees.copy(source.paths.pulls.all());
    await this.#copyContents(content, session);
    const repositories = new RepositoryCopy({ source, target, content, trees }, session);
    for await (const name of this.#repositories(source, signal)) {
      await repositories.copy(name);
      session.passedRepository();
    }
    if (options.deletes) await this.#emptyOthers(repositories, signal);
    session.counts.changedMeanwhile += (await source.changes.list()).length;
    return session.report();
  }

  /** An announcement alone cannot be copied: the target would do the work while the rest still arrives. */
  async #requireNoChanges(): Promise<void> {
    for (const side of ['source', 'target'] as const) {
      const [change] = await this.#sides[side].changes.list();
      if (change === undefined) continue;
      const { action, name, target } = change;
      const what = action === 'delete' ? `${name} is being deleted` : `${name} is being renamed to ${target}`;
      throw new ChangingStorageError(
        `in the ${side}, ${what}; wait until that has ended, or complete it with "stowage run repository-changes" and its configuration`,
      );
    }
  }

  async #copyContents(content: ContentCopy, session: CopySession): Promise<void> {
    const estimate = new WalkEstimate();
    await inOrder(
      this.#sides.source.stored.digests(),
      { limit: session.options.concurrency, action: (digest) => content.ensure(digest) },
      // A folder without content is no content: it is "missing" without being missed.
      async (digest) => session.passedContent(estimate.total(digest, session.counts.contents + 1)),
    );
  }

  /** Removes what repositories have that the source does not have. */
  async #emptyOthers(repositories: RepositoryCopy, signal: AbortSignal): Promise<void> {
    const { source, target } = this.#sides;
    const others: RepositoryName[] = [];
    for await (const name of this.#repositories(target, signal)) if (!(await hasFiles(source, name))) others.push(name);
    for (const name of others) await repositories.copy(name);
  }

  /** Every name with files of its own. */
  async *#repositories(side: CopySide, signal: AbortSignal): AsyncGenerator<RepositoryName, void, undefined> {
    for await (const name of side.repositories.walkAll()) {
      signal.throwIfAborted();
      if (await hasFiles(side, name)) yield name;
    }
  }

  async #requireRepositories(): Promise<void> {
    const { source, target } = this.#sides;
    const { signal } = new AbortController();
    for await (const _ of this.#repositories(source, signal)) return;
    for await (const name of this.#repositories(target, signal))
      throw new EmptySourceError(`the source has no repository, and the target has ${name}, which would be removed`);
  }
}

/** Whether a repository has files of its own, not only others below it. */
async function hasFiles({ links, paths }: CopySide, name: RepositoryName): Promise<boolean> {
  const folder = paths.repository(name);
  for await (const names of links.folderBatches(folder))
    for (const child of names)
      if (child.startsWith('_') && child !== '_uploads' && (await links.hasFile(childPath(folder, child)))) return true;
  return false;
}
