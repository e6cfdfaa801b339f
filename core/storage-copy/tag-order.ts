import { mapConcurrently } from '../async/concurrency.ts';
import type { RepositoryName, Tag } from '../model/reference.ts';
import type { CopySession } from './copy-session.ts';
import type { CopySide } from './copy-side.ts';

/** When tags were written, in milliseconds since 1970, as the target says. */
export type WrittenTags = ReadonlyMap<Tag, number | undefined>;

/**
 * Records of repositories of the target that the times of their tags do not tell which were pushed last: tags were copied
 * that had no order in the source, or beside tags that clients have pushed to a target in use.
 */
export class TagOrder {
  readonly #source: CopySide;
  readonly #target: CopySide;
  readonly #session: CopySession;

  constructor({ source, target }: { source: CopySide; target: CopySide }, session: CopySession) {
    this.#source = source;
    this.#target = target;
    this.#session = session;
  }

  /**
   * Copies tags. The record is written before the first of them, so that a kill leaves it, and withdrawn if no client has
   * pushed by the end. At most six driver calls for each repository, and two for each of these tags.
   */
  async during(name: RepositoryName, tags: readonly Tag[], copy: () => Promise<WrittenTags>): Promise<void> {
    const { unordered } = this.#target;
    const { onlyMissing, dryRun } = this.#session.options;
    const before = dryRun ? undefined : await unordered.untilMs(name);
    // A pass that was killed has written tags after its record.
    const wasKilled = before === Number.POSITIVE_INFINITY;
    if (dryRun || tags.length === 0) {
      await copy();
      if (wasKilled) await unordered.end(name);
      return;
    }
    const isLost = wasKilled || (await this.#isLost(name, tags));
    if (isLost || onlyMissing) await unordered.begin(name);
    const written = await copy();
    if (isLost || (onlyMissing && (before !== undefined || !(await this.#isAlone(name, written)))))
      await unordered.end(name);
    else if (onlyMissing) await unordered.remove(name);
  }

  /** When a tag of the target was set, where that will be compared. One driver call at most. */
  async writtenAt(name: RepositoryName, tag: Tag): Promise<number | undefined> {
    const [atMs] = this.#session.options.onlyMissing ? await this.#times(this.#target, name, [tag]) : [];
    return atMs;
  }

  async #isLost(name: RepositoryName, tags: readonly Tag[]): Promise<boolean> {
    if (this.#session.options.onlyMissing && (await this.#target.tags(name)).length > 0) return true;
    const untilMs = await this.#source.unordered.untilMs(name);
    if (untilMs === undefined) return false;
    const times = await this.#times(this.#source, name, tags);
    return times.some((atMs = 0) => atMs <= untilMs);
  }

  /** Whether the target has the tags that this pass has written, as it has left them, and no others. */
  async #isAlone(name: RepositoryName, written: WrittenTags): Promise<boolean> {
    const tags = await this.#target.tags(name);
    if (!tags.every((tag) => written.has(tag))) return false;
    const times = await this.#times(this.#target, name, tags);
    return tags.every((tag, index) => times[index] === written.get(tag));
  }

  /** When the tags were set, in milliseconds since 1970; `undefined` if that is unknown. */
  #times({ links, paths }: CopySide, name: RepositoryName, tags: readonly Tag[]): Promise<(number | undefined)[]> {
    return mapConcurrently(tags, this.#session.options.concurrency, async (tag) => {
      return (await links.modifiedAt(paths.tagCurrentLink(name, tag)))?.getTime();
    });
  }
}
