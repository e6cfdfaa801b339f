import type { StoragePath } from '../../driver/index.ts';
import type { RepositoryName, Tag } from '../../model/reference.ts';

/** The paths of the history of tags, below `_history` of each repository. */
export class TagHistoryPaths {
  readonly #root: string;

  /** @param root the folder of the whole registry */
  constructor(root: string) {
    this.#root = root;
  }

  /** The folder with a folder for each tag of the repository that was ever moved. */
  of(name: RepositoryName): StoragePath {
    return `${this.#root}/repositories/${name}/_history` as StoragePath;
  }

  /** The folder with the records of a tag. */
  ofTag(name: RepositoryName, tag: Tag): StoragePath {
    return `${this.of(name)}/${tag}` as StoragePath;
  }

  record(name: RepositoryName, tag: Tag, id: string): StoragePath {
    return `${this.ofTag(name, tag)}/${id}` as StoragePath;
  }
}
