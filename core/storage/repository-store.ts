import { mapConcurrently } from '../async/concurrency.ts';
import { inject, injectable, STORAGE_DRIVER } from '../di.ts';
import { childPath, type StorageDriver, type StoragePath } from '../driver/index.ts';
import { isRepositoryName, MAX_NAME_LENGTH, type RepositoryName } from '../model/reference.ts';
import { LinkStore } from './link-store.ts';
import { PathMapper } from './paths/path-mapper.ts';
import { UnreadablePaths } from './unreadable-paths.ts';

const MAX_LOOK_AHEAD = 32;
/** A driver may list names one by one. */
const GROUP = 1000;
/** The folder that makes its parent a repository, see {@link PathMapper.manifests}. */
const MANIFESTS = '_manifests';

/** The repositories of the storage. Lists omit folders that cannot be read. */
@injectable()
export class RepositoryStore {
  readonly #links: LinkStore;
  readonly #paths: PathMapper;
  readonly #bad: UnreadablePaths;
  /** The number of folders that are read concurrently. */
  readonly #lookAhead: number;

  constructor(
    @inject(LinkStore) links: LinkStore,
    @inject(PathMapper) paths: PathMapper,
    @inject(UnreadablePaths) bad: UnreadablePaths,
    @inject(STORAGE_DRIVER) { capabilities }: StorageDriver,
  ) {
    this.#links = links;
    this.#paths = paths;
    this.#bad = bad;
    this.#lookAhead = capabilities.locality === 'remote' ? MAX_LOOK_AHEAD : 1;
  }

  /** Whether a manifest of `name` was ever stored. One driver call. */
  exists(name: RepositoryName): Promise<boolean> {
    return this.#links.exists(this.#paths.manifests(name));
  }

  /**
   * The names greater than `after`, component by component in byte order, as distribution lists them. Reads one folder
   * for each name, and two for each folder on the way, never the content of a repository. If the storage is remote,
   * up to 32 are read concurrently, and no more than the caller could request.
   * @param options.limit the largest number of names to return
   * @param options.signal ends the list, which then rejects with its reason
   */
  async list(
    after: string | undefined,
    { limit, signal }: { readonly limit: number; readonly signal?: AbortSignal | undefined },
  ): Promise<RepositoryName[]> {
    const components = after === undefined || after === '' ? [] : after.split('/');
    const page: NamesInProgress = { names: [], limit, signal };
    await this.#collect({ folder: this.#paths.repositories(), prefix: '' }, components, page);
    return page.names;
  }

  /** Every name with any content, even without a manifest, in the order of {@link list}. Reads one folder for each. */
  async *walk(folder = this.#paths.repositories(), prefix = ''): AsyncGenerator<RepositoryName, void, undefined> {
    for await (const components of this.#folders(folder)) {
      for (const { folder: child, name } of namesIn({ folder, prefix }, components)) {
        yield name;
        yield* this.walk(child, `${name}/`);
      }
    }
  }

  /**
   * Like {@link walk}, for work that must not miss a repository.
   * @param onPart called before each name with the part of the walk that is done, from 0 to 1. An estimate: folders that
   * stand beside each other count as equally full
   * @throws DriverError when a folder cannot be read
   */
  async *walkAll(
    folder = this.#paths.repositories(),
    onPart?: (part: number) => void,
  ): AsyncGenerator<RepositoryName, void, undefined> {
    yield* this.#walkAll({ folder, prefix: '' }, onPart ?? (() => undefined));
  }

  async *#walkAll(place: Place, onPart: (part: number) => void): AsyncGenerator<RepositoryName, void, undefined> {
    let from = 0;
    for await (const components of this.#groups(place.folder)) {
      const names = [...namesIn(place, components)];
      // After a full group, as many may follow as came before.
      const to = components.length < GROUP ? 1 : (from + 1) / 2;
      const [start, share] = [from, (to - from) / names.length];
      for (const [index, { folder, name }] of names.entries()) {
        const at = start + share * index;
        onPart(at);
        yield name;
        yield* this.#walkAll({ folder, prefix: `${name}/` }, (part) => onPart(at + share * part));
      }
      from = to;
    }
  }

  /** The names of the folders in `folder`, in groups of a thousand. */
  async *#groups(folder: StoragePath): AsyncGenerator<readonly string[], void, undefined> {
    let group: string[] = [];
    for await (const names of this.#links.folderBatches(folder)) {
      for (const name of names) {
        group.push(name);
        if (group.length < GROUP) continue;
        yield group;
        group = [];
      }
    }
    if (group.length > 0) yield group;
  }

  /** Adds the names in a folder that follow `after`. */
  async #collect(place: Place, after: readonly string[], page: NamesInProgress): Promise<void> {
    const [first] = after;
    const [start] = first === undefined ? [] : namesIn(place, [first]);
    // Names below the starting point are greater than it, so its folder is entered but not listed. A start that is too
    // long to be a name is not followed for more components than names have.
    if (start !== undefined) {
      const below = { folder: start.folder, prefix: `${start.name}/` };
      await this.#collect(below, after.slice(1, MAX_NAME_LENGTH), page);
    }
    if (isFull(page)) return;
    for await (const components of this.#folders(place.folder, first)) {
      await this.#take(namesIn(place, components), page);
      if (isFull(page)) return;
    }
  }

  async #take(places: Iterator<NamedPlace>, page: NamesInProgress): Promise<void> {
    while (!isFull(page)) {
      page.signal?.throwIfAborted();
      const next = take(places, Math.min(this.#lookAhead, page.limit - page.names.length));
      if (next.length === 0) return;
      const found = await mapConcurrently(next, this.#lookAhead, ({ folder }) => this.#look(folder));
      for (const [index, { folder, name }] of next.entries()) {
        if (isFull(page)) return;
        if (found[index]?.isRepository === true) page.names.push(name);
        if (found[index]?.hasOthers === true) await this.#collect({ folder, prefix: `${name}/` }, [], page);
      }
    }
  }

  /** Whether a folder is a repository, and whether others may be in it. One driver call. */
  async #look(folder: StoragePath): Promise<{ readonly isRepository: boolean; readonly hasOthers: boolean }> {
    let isRepository = false;
    let hasOthers = false;
    for await (const names of this.#folders(folder)) {
      isRepository ||= names.includes(MANIFESTS);
      hasOthers ||= names.some((name) => !name.startsWith('_'));
      if (hasOthers && (names.at(-1) ?? '') >= MANIFESTS) break;
    }
    return { isRepository, hasOthers };
  }

  async *#folders(folder: StoragePath, after?: string): AsyncGenerator<readonly string[], void, undefined> {
    // Without this folder, it is not a repository.
    if (folder === this.#paths.repositories()) {
      yield* this.#topFolders(folder, after);
      return;
    }
    try {
      yield* this.#links.folderBatches(folder, after);
    } catch (error) {
      this.#bad.note(folder, error);
    }
  }

  async *#topFolders(
    folder: StoragePath,
    after: string | undefined,
  ): AsyncGenerator<readonly string[], void, undefined> {
    let isEmpty = true;
    for await (const components of this.#links.folderBatches(folder, after)) {
      isEmpty = false;
      yield components;
    }
    if (isEmpty) await this.#links.requireNoFile(folder);
  }
}

/** A folder whose children are components of names. */
interface Place {
  readonly folder: StoragePath;
  /** The prefix of their names: empty, or a name and a slash. */
  readonly prefix: string;
}

/** A folder whose path is a name. */
interface NamedPlace {
  readonly folder: StoragePath;
  readonly name: RepositoryName;
}

/** A page that is being filled. */
interface NamesInProgress {
  readonly names: RepositoryName[];
  readonly limit: number;
  readonly signal: AbortSignal | undefined;
}

function isFull({ names, limit }: NamesInProgress): boolean {
  return names.length >= limit;
}

/** The components that continue a name, each checked when it is requested. */
function* namesIn({ folder, prefix }: Place, components: readonly string[]): Generator<NamedPlace, void, undefined> {
  for (const component of components) {
    const name = `${prefix}${component}`;
    if (!component.startsWith('_') && isRepositoryName(name)) yield { folder: childPath(folder, component), name };
  }
}

/** The next items, at most `count`. */
function take<Item>(items: Iterator<Item>, count: number): Item[] {
  const taken: Item[] = [];
  while (taken.length < count) {
    const next = items.next();
    if (next.done === true) break;
    taken.push(next.value);
  }
  return taken;
}
