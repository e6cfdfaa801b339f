import { inject, injectable } from '../di.ts';
import { childPath, type StoragePath } from '../driver/index.ts';
import { isRepositoryName, MAX_NAME_LENGTH, type RepositoryName } from '../model/reference.ts';
import { BadPlaces } from './bad-places.ts';
import { LinkStore } from './link-store.ts';
import { PathMapper } from './path-mapper.ts';

/** The repositories of the storage. Lists omit folders that cannot be read. */
@injectable()
export class RepositoryStore {
  readonly #links: LinkStore;
  readonly #paths: PathMapper;
  readonly #bad: BadPlaces;

  constructor(
    @inject(LinkStore) links: LinkStore,
    @inject(PathMapper) paths: PathMapper,
    @inject(BadPlaces) bad: BadPlaces,
  ) {
    this.#links = links;
    this.#paths = paths;
    this.#bad = bad;
  }

  /** Whether a manifest of `name` was ever stored. One driver call. */
  exists(name: RepositoryName): Promise<boolean> {
    return this.#links.exists(this.#paths.manifests(name));
  }

  /**
   * The names greater than `after`, component by component in byte order, as distribution lists them. Reads two folders
   * for each name that it yields and one for each folder on the way, never the content of a repository.
   */
  list(after: string | undefined): AsyncGenerator<RepositoryName, void, undefined> {
    const components = after === undefined || after === '' ? [] : after.split('/');
    return this.#behind(this.#paths.repositories(), '', components);
  }

  /** Every name with any content, even without a manifest, in the order of {@link list}. Reads one folder for each. */
  async *walk(folder = this.#paths.repositories(), prefix = ''): AsyncGenerator<RepositoryName, void, undefined> {
    for await (const component of this.#folders(folder)) {
      const name = `${prefix}${component}`;
      if (component.startsWith('_') || !isRepositoryName(name)) continue;
      yield name;
      yield* this.walk(childPath(folder, component), `${name}/`);
    }
  }

  async *#behind(
    folder: StoragePath,
    prefix: string,
    after: readonly string[],
  ): AsyncGenerator<RepositoryName, void, undefined> {
    const [first] = after;
    // A start that is too long to be a name is not followed for more components than names have.
    if (first !== undefined && isRepositoryName(`${prefix}${first}`)) {
      // Names below the starting point itself are greater than it, so its folder is entered, but not listed.
      yield* this.#behind(childPath(folder, first), `${prefix}${first}/`, after.slice(1, MAX_NAME_LENGTH));
    }
    for await (const component of this.#folders(folder, first)) {
      const name = `${prefix}${component}`;
      if (component.startsWith('_') || !isRepositoryName(name)) continue;
      if (await this.#bad.pass(this.#paths.manifests(name), () => this.exists(name), false)) yield name;
      yield* this.#behind(childPath(folder, component), `${name}/`, []);
    }
  }

  async *#folders(folder: StoragePath, after?: string): AsyncGenerator<string, void, undefined> {
    // Without the first one, the repository does not exist.
    if (folder === this.#paths.repositories()) {
      yield* this.#topFolders(folder, after);
      return;
    }
    try {
      yield* this.#links.folders(folder, after);
    } catch (error) {
      this.#bad.note(folder, error);
    }
  }

  async *#topFolders(folder: StoragePath, after: string | undefined): AsyncGenerator<string, void, undefined> {
    let isEmpty = true;
    for await (const component of this.#links.folders(folder, after)) {
      isEmpty = false;
      yield component;
    }
    if (isEmpty) await this.#links.requireNoFile(folder);
  }
}
