import type { StoragePath } from '../../driver/index.ts';

/** The paths of content that is being copied from another storage, below `_copy`. */
export class CopyPaths {
  readonly #root: string;

  /** @param root the folder of the whole registry */
  constructor(root: string) {
    this.#root = root;
  }

  /** The folder with a file for each content whose bytes are on the way. */
  parts(): StoragePath {
    return `${this.#root}/_copy/parts` as StoragePath;
  }

  part(id: string): StoragePath {
    return `${this.parts()}/${id}` as StoragePath;
  }
}
