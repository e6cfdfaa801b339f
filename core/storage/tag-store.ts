import { allDone } from '../async/all-done.ts';
import { mapConcurrently } from '../async/concurrency.ts';
import { inject, injectable, STORAGE_DRIVER } from '../di.ts';
import type { Digest } from '../digest/digest.ts';
import type { StorageDriver } from '../driver/index.ts';
import { isTag, type RepositoryName, type Tag } from '../model/reference.ts';
import type { MoveRecorder, MovingCall } from '../tag-history/tag-move.ts';
import { LinkStore } from './link-store.ts';
import { PathMapper } from './paths/path-mapper.ts';
import { UnorderedTags } from './unordered-tags.ts';
import { UnreadablePaths } from './unreadable-paths.ts';

const CONCURRENCY = 32;

/** What {@link TagStore.set} does on the way. */
export interface SetOptions {
  readonly meanwhile?: () => Promise<boolean>;
  readonly changed?: ((before: Digest | undefined) => void) | undefined;
  readonly call?: MovingCall | undefined;
}

/** The tags of repositories. */
@injectable()
export class TagStore {
  /** Of which repositories the times of tags mean nothing. */
  readonly unordered: UnorderedTags;
  readonly #links: LinkStore;
  readonly #paths: PathMapper;
  readonly #bad: UnreadablePaths;
  readonly #isLocal: boolean;
  #recorder: MoveRecorder | undefined;

  constructor(
    @inject(LinkStore) links: LinkStore,
    @inject(PathMapper) paths: PathMapper,
    @inject(UnreadablePaths) bad: UnreadablePaths,
    @inject(STORAGE_DRIVER) driver: StorageDriver,
  ) {
    this.#links = links;
    this.#paths = paths;
    this.#bad = bad;
    this.unordered = new UnorderedTags(driver);
    this.#isLocal = driver.capabilities.locality === 'local';
  }

  /** From now on, every move by a call is recorded before it is made. It costs two driver calls. */
  recordMoves(recorder: MoveRecorder): void {
    this.#recorder = recorder;
  }

  /** The digest that the tag points to. One driver call. */
  get(name: RepositoryName, tag: Tag): Promise<Digest | undefined> {
    return this.#links.read(this.#paths.tagCurrentLink(name, tag));
  }

  /**
   * Makes the tag point to a manifest that the repository has, durably, and adds the manifest to the history of the
   * tag. A new tag gets its link first: a folder with a history alone would be listed as a tag. Two driver calls, one
   * after the other, and one more before them if the storage is local or the caller wants to know the earlier digest.
   * @param options.meanwhile runs once the tag points there, concurrently with the second call if that is the history
   * @param options.changed told the earlier digest once the tag points there; `undefined` for a new tag
   * @param options.call the call that moves it, if it is to be recorded
   * @returns the result of `meanwhile`
   */
  async set(
    name: RepositoryName,
    tag: Tag,
    digest: Digest,
    { meanwhile = async () => true, changed, call }: SetOptions = {},
  ): Promise<boolean> {
    const recorder = call && this.#recorder;
    const isAsked = this.#isLocal || changed !== undefined || recorder !== undefined;
    const before = isAsked ? await this.get(name, tag) : undefined;
    if (before !== digest) await recorder?.record(name, { tag, from: before, to: digest }, call ?? {});
    const point = async (): Promise<void> => {
      await this.#links.write(this.#paths.tagCurrentLink(name, tag), digest);
      changed?.(before);
    };
    const record = (): Promise<void> => this.#links.write(this.#paths.tagIndexLink(name, tag, digest), digest);
    // Link last if the tag exists: another process that removes the tag in between then leaves nothing behind.
    if (this.#isLocal && before !== undefined) {
      await record();
      await point();
      return meanwhile();
    }
    await point();
    const result = meanwhile();
    await allDone([record(), result]);
    return result;
  }

  /**
   * Removes the tag and its history; resolves with whether it existed. One driver call. Two if the storage is remote,
   * because it removes the files of a folder one by one: the history first, so that it never remains alone.
   * @param call the call that removes it, if it is to be recorded
   */
  async remove(name: RepositoryName, tag: Tag, call?: MovingCall): Promise<boolean> {
    const recorder = call && this.#recorder;
    const before = recorder && (await this.get(name, tag));
    if (before !== undefined) await recorder?.record(name, { tag, from: before, to: undefined }, call ?? {});
    if (!this.#isLocal) await this.#links.remove(this.#paths.tagIndex(name, tag));
    return this.#links.remove(this.#paths.tag(name, tag));
  }

  /**
   * The names of the folders of tags in byte order, as the storage lists them: one driver call. A folder without a
   * link, which only a crash of another registry leaves, is included, see {@link removeLeftover}.
   * @param options.after only tags greater than this text
   * @param options.limit the largest number of tags to return; at least 1
   * @param options.signal ends the list, which then rejects with its reason
   */
  async list(
    name: RepositoryName,
    options: { after?: string | undefined; limit: number; signal?: AbortSignal | undefined },
  ): Promise<Tag[]> {
    const { after, limit, signal } = options;
    const tags: Tag[] = [];
    for await (const folders of this.#links.folderBatches(this.#paths.tags(name), after)) {
      signal?.throwIfAborted();
      for (const folder of folders) {
        if (isTag(folder)) tags.push(folder);
        if (tags.length >= limit) return tags;
      }
    }
    return tags;
  }

  /** Whether the tag has a link, valid or not. One driver call. */
  hasLink(name: RepositoryName, tag: Tag): Promise<boolean> {
    return this.#links.exists(this.#paths.tagCurrentLink(name, tag));
  }

  /** When the tag was last made to point at something, also at the same manifest again. One driver call. */
  setAt(name: RepositoryName, tag: Tag): Promise<Date | undefined> {
    const link = this.#paths.tagCurrentLink(name, tag);
    return this.#bad.pass(link, () => this.#links.modifiedAt(link), undefined);
  }

  /** When the history of the tag got its newest entry; `undefined` without any. One driver call for each entry. */
  async lastRecord(name: RepositoryName, tag: Tag): Promise<Date | undefined> {
    return this.#links.lastChange(this.#paths.tagIndex(name, tag));
  }

  /**
   * Removes a tag folder that has no link. It removes only the history and empty folders: a tag that another process
   * sets at this moment stays.
   */
  async removeLeftover(name: RepositoryName, tag: Tag): Promise<void> {
    await this.#links.remove(this.#paths.tagIndex(name, tag));
    await this.#links.prune(this.#paths.tag(name, tag));
  }

  /** Every tag that points to `digest`. One driver call for each tag of the repository. */
  async pointingAt(name: RepositoryName, digest: Digest): Promise<Tag[]> {
    const tags = await this.list(name, { limit: Number.POSITIVE_INFINITY });
    const targets = await mapConcurrently(tags, CONCURRENCY, (tag) =>
      this.#bad.pass(this.#paths.tagCurrentLink(name, tag), () => this.get(name, tag), undefined),
    );
    return tags.filter((_tag, index) => targets[index] === digest);
  }
}
