import { inject, injectable } from '../../../di.ts';
import type { Digest } from '../../../digest/digest.ts';
import { childPath } from '../../../driver/index.ts';
import { readStoredManifest } from '../../../manifests/stored-manifest.ts';
import type { RepositoryName } from '../../../model/reference.ts';
import { referrerOf } from '../../../model/referrer.ts';
import { BlobLookupCache } from '../../../storage/blob-lookup-cache.ts';
import { LinkStore } from '../../../storage/link-store.ts';
import { PathMapper } from '../../../storage/paths/path-mapper.ts';
import { ReferrerStore } from '../../../storage/referrer-store.ts';
import { ManifestReader } from '../manifest-reader.ts';

/** Removes what is left of content that a collection has removed: entries, empty folders, what processes remember. */
@injectable()
export class Remains {
  readonly #links: LinkStore;
  readonly #manifests: ManifestReader;
  readonly #referrers: ReferrerStore;
  readonly #known: BlobLookupCache;
  readonly #paths = new PathMapper();

  constructor(
    @inject(LinkStore) links: LinkStore,
    @inject(ManifestReader) manifests: ManifestReader,
    @inject(ReferrerStore) referrers: ReferrerStore,
    @inject(BlobLookupCache) known: BlobLookupCache,
  ) {
    this.#links = links;
    this.#manifests = manifests;
    this.#referrers = referrers;
    this.#known = known;
  }

  /** A manifest that is pushed again at this moment keeps its entry in lists of referrers. */
  async ofManifest(name: RepositoryName, digest: Digest): Promise<void> {
    await this.#manifests.forget(name, digest);
    const bytes = await this.#manifests.read(digest);
    const isRead = bytes !== undefined && bytes !== 'damaged';
    const referrer = isRead ? referrerOf(readStoredManifest(bytes), { digest, size: bytes.byteLength }) : undefined;
    const hasLink = async (): Promise<boolean> =>
      (await this.#links.read(this.#paths.revisionLink(name, digest))) === digest;
    // A push writes its entry after its link. The first look leaves less to a crash between the removal and the second.
    if (referrer !== undefined && !(await hasLink())) {
      await this.#referrers.remove(name, referrer);
      if (await hasLink()) await this.#referrers.put(name, referrer);
    }
    await this.ofAbsent(name, digest);
  }

  /** The folders of a manifest that the repository does not have, and that hold no file any more. */
  async ofAbsent(name: RepositoryName, digest: Digest): Promise<void> {
    await this.#links.prune(this.#paths.revisionFolder(name, digest));
  }

  async ofLayer(name: RepositoryName, digest: Digest): Promise<void> {
    await this.#known.forget(name, digest);
    await this.#links.prune(this.#paths.layerFolder(name, digest));
  }

  async ofBlob(digest: Digest): Promise<void> {
    await this.#links.prune(this.#paths.blobFolder(digest));
  }

  /**
   * Removes the folders of a repository that has neither a manifest, a tag, a blob nor an upload. What is stored there
   * at the same time stays.
   * @returns whether it was in the catalog until now
   */
  async ofRepository(name: RepositoryName): Promise<boolean> {
    const manifests = this.#paths.manifests(name);
    const hadManifests = await this.#links.exists(manifests);
    const folders = [this.#paths.tags(name), this.#paths.revisions(name), this.#paths.layers(name)];
    for (const folder of [...folders, this.#paths.uploads(name)]) if (await this.#links.hasFile(folder)) return false;
    const folder = this.#paths.repository(name);
    const pulls = this.#paths.pulls.of(name);
    let hasOthers = false;
    for await (const child of this.#links.folders(folder)) {
      hasOthers ||= !child.startsWith('_');
      if (childPath(folder, child) === pulls) await this.#links.remove(pulls);
    }
    if (hasOthers) await this.#links.prune(manifests);
    else await this.#links.prune(folder);
    return hadManifests && !(await this.#links.exists(manifests));
  }
}
