import { inject, injectable } from '../di.ts';
import { RegistryError } from '../model/errors.ts';
import type { RepositoryName, Tag } from '../model/reference.ts';
import type { ChangeCount, RepositoryChange } from '../storage/changes/repository-change.ts';
import { RepositoryContent } from '../storage/changes/repository-content.ts';
import { LookupMoment } from '../storage/collection/lookup-moment.ts';
import { RepositoryCopier } from './repository-copier.ts';
import { RepositoryEraser, tagPages, type WorkSteps } from './repository-eraser.ts';

/** What changes of whole repositories do, once nothing else changes the repository. */
@injectable()
export class RepositoryWork {
  readonly #content: RepositoryContent;
  readonly #copier: RepositoryCopier;
  readonly #eraser: RepositoryEraser;

  constructor(
    @inject(RepositoryContent) content: RepositoryContent,
    @inject(RepositoryCopier) copier: RepositoryCopier,
    @inject(RepositoryEraser) eraser: RepositoryEraser,
  ) {
    this.#content = content;
    this.#copier = copier;
    this.#eraser = eraser;
  }

  /** @throws RegistryError `NAME_UNKNOWN` without such a repository; `STATE_CONFLICT` for a new name that has content */
  async requirePossible({ name, target }: Pick<RepositoryChange, 'name' | 'target'>): Promise<void> {
    if (target === name)
      throw new RegistryError('STATE_CONFLICT', { name: target, reason: 'it has this name already' });
    if (!(await this.#content.isThere(name))) throw new RegistryError('NAME_UNKNOWN', { name });
    if (target !== undefined && (await this.#content.isThere(target)))
      throw new RegistryError('STATE_CONFLICT', {
        name: target,
        reason: 'a repository has this name; delete it first',
      });
    // They could not be copied, and would be erased with the old name.
    if (target !== undefined && (await this.#content.hasUnknownDigests(name)))
      throw new RegistryError('STATE_CONFLICT', {
        name,
        reason: 'it has content under digests of an algorithm that this registry does not know',
      });
  }

  /** @throws RegistryError `TAG_IMMUTABLE` if the repository has such a tag */
  async requireMutable(name: RepositoryName, isImmutable: (name: RepositoryName, tag: Tag) => boolean): Promise<void> {
    for await (const tags of tagPages(this.#content.tags, name)) {
      const found = tags.find((tag) => isImmutable(name, tag));
      if (found !== undefined) throw new RegistryError('TAG_IMMUTABLE', { name, tag: found });
    }
  }

  /**
   * May be repeated after any failure, and may run in several processes at the same time.
   * @param onCopied called before the first tag of a rename is erased; from then on the rest has no order to keep
   * @returns what was deleted or copied; of a rename that was copied before, what was left under the old name
   */
  async do(
    { id, name, target, user, isCopied }: RepositoryChange,
    steps: WorkSteps,
    onCopied: (count: ChangeCount) => Promise<void>,
  ): Promise<ChangeCount> {
    if (target === undefined) return this.#eraser.erase(name, steps, { by: user, change: id });
    if (isCopied === true) return this.#eraser.erase(name, steps);
    await steps.changes();
    const moment = new LookupMoment();
    const copy = { from: name, to: target };
    const count = await this.#copier.copy({ ...copy, isRepeated: false }, steps);
    // As at the end of a push: a collection that began meanwhile may have looked at the new name too early, and looks at
    // the old one when it is gone.
    if (moment.isLate) await this.#copier.copy({ ...copy, isRepeated: true }, steps);
    await steps.check();
    await onCopied(count);
    await steps.check();
    await this.#eraser.erase(name, steps);
    return count;
  }

  /** Makes this process look for announced changes again. */
  expireViews(): void {
    this.#content.blobs.collections.expire();
  }
}
