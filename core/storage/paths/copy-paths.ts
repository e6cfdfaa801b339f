import type { StoragePath } from '../../driver/index.ts';
import type { RepositoryName } from '../../model/reference.ts';

/** The folders of a repository that say what happens in a storage. */
const ACTIVITY = ['_uploads', '_pulls'];

/** The paths of what is being copied from another storage, below `_copy`, and which paths are read from there. */
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

  /** Says that access tokens and the key that signs tokens were copied: what is revoked since must not come back. */
  accessCopied(): StoragePath {
    return `${this.#root}/_copy/access-copied` as StoragePath;
  }

  /** The folder with a file for each process that also reads an old storage. */
  readers(): StoragePath {
    return `${this.#root}/_copy/readers` as StoragePath;
  }

  reader(id: string): StoragePath {
    return `${this.readers()}/${id}` as StoragePath;
  }

  /**
   * Says of a repository that until it was written last, tags were copied in such a way that the times of their links do
   * not tell which were pushed last.
   */
  unordered(name: RepositoryName): StoragePath {
    return `${this.#root}/_copy/unordered/${name}/_until` as StoragePath;
  }

  /** Whether `path` is or is below the folder of blobs or of repositories, and belongs to no upload and no record of pulls. */
  isContent(path: StoragePath): boolean {
    if (!path.startsWith(this.#root)) return false;
    const [, folder, ...names] = path.slice(this.#root.length).split('/');
    if (folder === 'blobs') return true;
    // A tag may have such a name as well.
    return folder === 'repositories' && !ACTIVITY.includes(names.find((name) => name.startsWith('_')) ?? '');
  }

  /** Whether the entry of a folder of content is no content. */
  isActivity(folder: StoragePath, name: string): boolean {
    return ACTIVITY.includes(name) && this.isContent(folder) && !this.isContent(`${folder}/${name}` as StoragePath);
  }
}
