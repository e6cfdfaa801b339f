import { inject, injectable } from '../../di.ts';
import type { Digest } from '../../digest/digest.ts';
import { readStoredManifest } from '../../manifests/stored-manifest.ts';
import { fallbackTag, type RepositoryName } from '../../model/reference.ts';
import { TagStore } from '../../storage/tag-store.ts';
import { ManifestReader } from './manifest-reader.ts';

/** The index that clients maintain under a tag for registries that do not list referrers. */
@injectable()
export class FallbackIndex {
  readonly #tags: TagStore;
  readonly #manifests: ManifestReader;

  constructor(@inject(TagStore) tags: TagStore, @inject(ManifestReader) manifests: ManifestReader) {
    this.#tags = tags;
    this.#manifests = manifests;
  }

  /**
   * The digests in the index for `subject`, in byte order; empty when there is none. One driver call, three for an
   * index that is not in memory.
   * @param after only digests greater than this text
   */
  async digests(name: RepositoryName, subject: Digest, after: string | undefined): Promise<Digest[]> {
    const digest = await this.#tags.get(name, fallbackTag(subject));
    if (digest === undefined || !(await this.#manifests.has(name, digest))) return [];
    const bytes = await this.#manifests.read(digest);
    if (bytes === undefined || bytes === 'damaged') return [];
    const digests = new Set(readStoredManifest(bytes).children.map((child) => child.digest));
    return [...digests].filter((child) => after === undefined || child > after).sort();
  }
}
