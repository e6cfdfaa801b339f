import { algorithmFolder, type Digest } from '../../digest/digest.ts';
import type { StoragePath } from '../../driver/index.ts';
import type { RepositoryName } from '../../model/reference.ts';
import { digestFolder } from './digest-folder.ts';

/** The folder with what is set aside that belongs to manifests that are gone. */
const REMAINS = '/remains';
/** What is below the folder of a manifest, except for its link. */
const BELOW_MANIFEST = /\/_manifests\/revisions\/[^/]+\/[^/]+\/(?!link$)/;

/** The paths of garbage collections that are under way, below `_jobs/gc/collections`, and of what they remember, below `_jobs/gc`. */
export class CollectionPaths {
  readonly #root: string;

  /** @param root the folder of the whole registry */
  constructor(root: string) {
    this.#root = root;
  }

  /** The folder with all garbage collections. */
  all(): StoragePath {
    return `${this.#root}/_jobs/gc/collections` as StoragePath;
  }

  /** The folder with what is known of manifests without a tag, with repositories named like those that exist. */
  untagged(): StoragePath {
    return `${this.#root}/_jobs/gc/untagged` as StoragePath;
  }

  /** Since when manifests of a repository have had no tag. */
  untaggedOf(name: RepositoryName): StoragePath {
    return `${this.untagged()}/${name}/_since` as StoragePath;
  }

  of(id: string): StoragePath {
    return `${this.all()}/${id}` as StoragePath;
  }

  candidates(id: string): StoragePath {
    return `${this.of(id)}/candidates` as StoragePath;
  }

  filter(id: string): StoragePath {
    return `${this.of(id)}/filter` as StoragePath;
  }

  /** Says that what the collection had set aside was put back after its end. */
  returned(id: string): StoragePath {
    return `${this.of(id)}/returned` as StoragePath;
  }

  /** The change of a whole repository, which lies among the collections so that one list shows both. */
  change(id: string): StoragePath {
    return `${this.of(id)}/change` as StoragePath;
  }

  /** A file that says how far a change has come. */
  changeState(id: string, state: string): StoragePath {
    return `${this.of(id)}/${state}` as StoragePath;
  }

  /** The folder that says how changes of whole repositories have ended. */
  endedChanges(): StoragePath {
    return `${this.#root}/_jobs/repository-changes/ended` as StoragePath;
  }

  endedChange(id: string): StoragePath {
    return `${this.endedChanges()}/${id}` as StoragePath;
  }

  /** The folder with the marks of all candidates that stay. */
  keptMarks(id: string): StoragePath {
    return `${this.of(id)}/kept` as StoragePath;
  }

  /** The folder with the marks of those whose digests are by one algorithm. */
  keptMarksBy(id: string, algorithm: string): StoragePath {
    return `${this.keptMarks(id)}/${algorithmFolder(algorithm)}` as StoragePath;
  }

  keptMark(id: string, digest: Digest): StoragePath {
    return `${this.keptMarks(id)}/${digestFolder(digest)}` as StoragePath;
  }

  /** The folder with everything that a collection is removing. */
  asides(id: string): StoragePath {
    return `${this.of(id)}/aside` as StoragePath;
  }

  /** Where a collection keeps the content of a blob, a link, or what belongs to a manifest, while it removes it. */
  aside(id: string, path: StoragePath): StoragePath {
    // Such a file is below the folder whose name the link of the manifest has while it is aside.
    if (BELOW_MANIFEST.test(path)) return `${this.asides(id)}${REMAINS}${path.slice(this.#root.length)}` as StoragePath;
    return `${this.asides(id)}${path.slice(this.#root.length, path.lastIndexOf('/'))}` as StoragePath;
  }

  /** Where a collection keeps what it has taken from below a folder, except for {@link remainsOf}. */
  asidesOf(id: string, folder: StoragePath): StoragePath {
    return `${this.asides(id)}${folder.slice(this.#root.length)}` as StoragePath;
  }

  /** Where a collection keeps what it has taken from below a folder and what belongs to manifests that are gone. */
  remainsOf(id: string, folder: StoragePath): StoragePath {
    return `${this.asides(id)}${REMAINS}${folder.slice(this.#root.length)}` as StoragePath;
  }

  /** The path that {@link aside} maps to `aside`. */
  originalOf(id: string, aside: StoragePath): StoragePath {
    const folder = aside.slice(this.asides(id).length);
    if (folder.startsWith(`${REMAINS}/`)) return `${this.#root}${folder.slice(REMAINS.length)}` as StoragePath;
    return `${this.#root}${folder}/${folder.startsWith('/blobs/') ? 'data' : 'link'}` as StoragePath;
  }
}
