import type { StoragePath } from '../../driver/index.ts';
import type { RepositoryName } from '../../model/reference.ts';

/** The paths of what is known of pulls, in folders named `_pulls`. */
export class PullPaths {
  readonly #root: string;

  /** @param root the folder of the whole registry */
  constructor(root: string) {
    this.#root = root;
  }

  /** The folder with what holds for the whole registry. */
  all(): StoragePath {
    return `${this.#root}/_pulls` as StoragePath;
  }

  /** Since when, and until when, pulls are recorded. */
  recording(): StoragePath {
    return `${this.all()}/recording` as StoragePath;
  }

  /** The folder with the pulls of a repository. */
  of(name: RepositoryName): StoragePath {
    return `${this.#root}/repositories/${name}/_pulls` as StoragePath;
  }

  /** @param file the day of the file and the process that writes it */
  file(name: RepositoryName, file: string): StoragePath {
    return `${this.of(name)}/${file}` as StoragePath;
  }
}
