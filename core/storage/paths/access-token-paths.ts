import type { StoragePath } from '../../driver/index.ts';

/** The paths of the key that signs tokens and of personal access tokens, below `_auth`. */
export class AccessTokenPaths {
  readonly #root: string;

  /** @param root the folder of the whole registry */
  constructor(root: string) {
    this.#root = root;
  }

  /** The key that signs tokens, where instances share one. */
  signingKey(): StoragePath {
    return `${this.#root}/_auth/signing-key` as StoragePath;
  }

  /** The folder with a folder of tokens for each user. */
  all(): StoragePath {
    return `${this.#root}/_auth/tokens` as StoragePath;
  }

  /** The folder with the tokens of one user. */
  ofUser(userHash: string): StoragePath {
    return `${this.all()}/${userHash}` as StoragePath;
  }

  folder(userHash: string, id: string): StoragePath {
    return `${this.ofUser(userHash)}/${id}` as StoragePath;
  }

  token(userHash: string, id: string): StoragePath {
    return `${this.folder(userHash, id)}/token` as StoragePath;
  }

  lastUse(userHash: string, id: string): StoragePath {
    return `${this.folder(userHash, id)}/last-use` as StoragePath;
  }
}
