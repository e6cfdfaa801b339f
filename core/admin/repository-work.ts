import { inject, injectable } from '../di.ts';
import { RegistryError } from '../model/errors.ts';
import type { RepositoryName, Tag } from '../model/reference.ts';
import type { RepositoryChange } from '../storage/changes/repository-change.ts';
import { RepositoryContent } from '../storage/changes/repository-content.ts';
import { RepositoryCopier } from './repository-copier.ts';
import { type ContentCount, type OnStep, RepositoryEraser, tagPages } from './repository-eraser.ts';

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

  /** May be repeated after any failure. */
  async do({ name, target }: RepositoryChange, onStep: OnStep): Promise<ContentCount> {
    if (target === undefined) return this.#eraser.erase(name, onStep);
    const count = await this.#copier.copy(name, target, onStep);
    await this.#eraser.erase(name, onStep);
    return count;
  }

  /** Makes this process look for announced changes again. */
  expireViews(): void {
    this.#content.blobs.collections.expire();
  }
}
