import type { StoragePath } from '../../driver/index.ts';
import type { RepositoryName } from '../../model/reference.ts';

/** The paths of the trash, below `_trash`. */
export class TrashPaths {
  readonly #root: string;

  /** @param root the folder of the whole registry */
  constructor(root: string) {
    this.#root = root;
  }

  all(): StoragePath {
    return `${this.#root}/_trash` as StoragePath;
  }

  /** The folder with all repositories from which something was deleted, named like those that exist. */
  repositories(): StoragePath {
    return `${this.all()}/repositories` as StoragePath;
  }

  /** The folder with what was deleted from a repository. */
  deletedFrom(name: RepositoryName): StoragePath {
    return `${this.repositories()}/${name}/_deleted` as StoragePath;
  }

  deleted(name: RepositoryName, id: string): StoragePath {
    return `${this.deletedFrom(name)}/${id}` as StoragePath;
  }

  /** The folder with a folder for each collection that has swept anything. */
  allSwept(): StoragePath {
    return `${this.all()}/swept` as StoragePath;
  }

  sweptBy(collection: string): StoragePath {
    return `${this.allSwept()}/${collection}` as StoragePath;
  }

  /** When the collection last swept something. */
  sweptAt(collection: string): StoragePath {
    return `${this.sweptBy(collection)}/swept-at` as StoragePath;
  }

  /** Where a file is kept that a collection has swept from `path`. */
  swept(collection: string, path: StoragePath): StoragePath {
    return `${this.sweptBy(collection)}${path.slice(this.#root.length)}` as StoragePath;
  }
}
