import { inject, injectable } from '../di.ts';
import type { Digest } from '../digest/digest.ts';
import { ManifestCache } from '../registry/local/manifest-cache.ts';
import { BlobStore } from '../storage/blob-store.ts';

/** Puts the right bytes at the place of a digest, where another copy of them is at hand. */
@injectable()
export class ContentRepairer {
  readonly #blobs: BlobStore;
  readonly #manifests: ManifestCache;

  constructor(@inject(BlobStore) blobs: BlobStore, @inject(ManifestCache) manifests: ManifestCache) {
    this.#blobs = blobs;
    this.#manifests = manifests;
  }

  /**
   * Stores the content again, durably.
   * @returns where it came from, for people; `undefined` when nothing has the right bytes
   */
  async repair(digest: Digest): Promise<string | undefined> {
    // What is in memory was verified when it was read or pushed.
    const manifest = this.#manifests.content(digest);
    if (manifest === undefined) return undefined;
    await this.#blobs.writeSmall(digest, manifest.bytes);
    return 'the memory of this process';
  }

  /** Makes every process that the broadcast reaches read the content from the storage again. */
  async forget(digest: Digest): Promise<void> {
    await this.#manifests.forgetContent(digest);
  }
}
