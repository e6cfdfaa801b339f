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
}
