import type { StoragePath } from '../../driver/index.ts';

/** The paths of what `stowage doctor` writes, below `_doctor`. */
export class DoctorPaths {
  readonly #root: string;

  /** @param root the folder of the whole registry */
  constructor(root: string) {
    this.#root = root;
  }

  /** The folder with a folder for each run that tries the storage out. */
  trials(): StoragePath {
    return `${this.#root}/_doctor/trials` as StoragePath;
  }

  trial(id: string): StoragePath {
    return `${this.trials()}/${id}` as StoragePath;
  }

  /** The folder with a record of each instance. */
  instances(): StoragePath {
    return `${this.#root}/_doctor/instances` as StoragePath;
  }

  /** @param id letters, digits, `.`, `_` and `-` */
  instance(id: string): StoragePath {
    return `${this.instances()}/${id}` as StoragePath;
  }
}
