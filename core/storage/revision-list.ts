import { inject, injectable, STORAGE_DRIVER } from '../di.ts';
import { algorithmOf, type Digest, hexOf } from '../digest/digest.ts';
import type { StorageDriver } from '../driver/index.ts';
import type { RepositoryName } from '../model/reference.ts';
import { LinkStore } from './link-store.ts';
import { PathMapper } from './paths/path-mapper.ts';

/** The most names of other manifests that are read, in addition to one for each requested manifest. */
const MAX_OTHERS = 1000;

/**
 * Finds out from lists which of many manifests a repository has. That is possible if a list shows no folder without
 * files: distribution deletes a manifest by its link alone, and some storages keep the folder of the link. It pays off
 * if the storage is remote, where a list takes as long as reading a single link.
 */
@injectable()
export class RevisionList {
  /** Whether the storage makes this possible. */
  readonly isPossible: boolean;
  readonly #links: LinkStore;
  readonly #paths: PathMapper;

  constructor(
    @inject(STORAGE_DRIVER) { capabilities }: StorageDriver,
    @inject(LinkStore) links: LinkStore,
    @inject(PathMapper) paths: PathMapper,
  ) {
    const { locality, strongListing, hidesEmptyFolders } = capabilities;
    this.isPossible = locality === 'remote' && strongListing && hidesEmptyFolders === true;
    this.#links = links;
    this.#paths = paths;
  }

  /**
   * For each digest, whether the repository has the manifest. Those that a list of reasonable length does not reach are
   * left out. One driver call for each algorithm.
   * @param digests in byte order
   */
  async present(name: RepositoryName, digests: readonly Digest[]): Promise<ReadonlyMap<Digest, boolean>> {
    const found = new Map<Digest, boolean>();
    for (const algorithm of new Set(digests.map(algorithmOf))) {
      const own = digests.filter((digest) => algorithmOf(digest) === algorithm);
      const hexes = own.map(hexOf);
      const { names, reached } = await this.#names(name, algorithm, hexes);
      for (const [index, digest] of own.entries()) {
        const hex = hexes[index] ?? '';
        if (reached === undefined || hex <= reached) found.set(digest, names.has(hex));
      }
    }
    return found;
  }

  /** The names around `hexes`, and the last name read if the list was abandoned after it. */
  async #names(
    name: RepositoryName,
    algorithm: string,
    hexes: readonly string[],
  ): Promise<{ names: ReadonlySet<string>; reached: string | undefined }> {
    const names = new Set<string>();
    const last = hexes.at(-1) ?? '';
    // Every name with this prefix comes after it, including the first one.
    const after = (hexes[0] ?? '').slice(0, -1);
    for await (const batch of this.#links.folderBatches(this.#paths.revisions(name, algorithm), after)) {
      for (const each of batch) names.add(each);
      const reached = batch.at(-1);
      if (reached !== undefined && (reached >= last || names.size >= hexes.length + MAX_OTHERS))
        return { names, reached };
    }
    return { names, reached: undefined };
  }
}
