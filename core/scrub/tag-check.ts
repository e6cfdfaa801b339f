import { inject, injectable } from '../di.ts';
import type { RepositoryName, Tag } from '../model/reference.ts';
import { LinkInspector } from '../storage/link-inspector.ts';
import { RevisionStore } from '../storage/revision-store.ts';
import { TagStore } from '../storage/tag-store.ts';
import { checkEach, type LinkRun } from './check-each.ts';
import type { ScrubFinding } from './finding.ts';

/** The number of tags that are listed at a time. */
const BATCH = 1000;

/** Checks that the tags of a repository point to its manifests. */
@injectable()
export class TagCheck {
  readonly #tags: TagStore;
  readonly #revisions: RevisionStore;
  readonly #links: LinkInspector;

  constructor(
    @inject(TagStore) tags: TagStore,
    @inject(RevisionStore) revisions: RevisionStore,
    @inject(LinkInspector) links: LinkInspector,
  ) {
    this.#tags = tags;
    this.#revisions = revisions;
    this.#links = links;
  }

  /** Three driver calls for each tag. */
  async *check(name: RepositoryName, run: LinkRun): AsyncGenerator<ScrubFinding, void, undefined> {
    const check = async (tag: Tag): Promise<readonly ScrubFinding[]> => {
      const finding = await this.#look(name, tag);
      return finding === undefined ? [] : [finding];
    };
    const placeOf = (tag: Tag) => ({ repository: name, tag });
    yield* checkEach(this.#list(name, run), { check, placeOf }, { run, place: { repository: name } });
  }

  async #look(name: RepositoryName, tag: Tag): Promise<ScrubFinding | undefined> {
    const found = { action: 'none', repository: name, tag } as const;
    const state = await this.#links.tag(name, tag);
    if (state === 'broken') return { code: 'tag-link-broken', ...found };
    if (state === 'absent') {
      // Another process may have removed or set the tag since it was listed.
      const isStill = (await this.#links.hasTagFolder(name, tag)) && (await this.#links.tag(name, tag)) === 'absent';
      return isStill ? { code: 'tag-link-missing', ...found } : undefined;
    }
    const { digest } = state;
    if (await this.#revisions.hasWhole(name, digest)) return undefined;
    // The tag may have been moved or removed meanwhile, and its manifest deleted or pushed again.
    const isSame = (await this.#tags.get(name, tag)) === digest;
    return isSame && !(await this.#revisions.hasWhole(name, digest))
      ? { code: 'tag-dangling', ...found, digest }
      : undefined;
  }

  async *#list(name: RepositoryName, { signal }: LinkRun): AsyncGenerator<Tag, void, undefined> {
    for (let after: Tag | undefined, isLast = false; !isLast; ) {
      const tags = await this.#tags.list(name, { after, limit: BATCH, signal });
      yield* tags;
      isLast = tags.length < BATCH;
      after = tags.at(-1);
    }
  }
}
