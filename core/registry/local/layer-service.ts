import { BLOB_STORE, inject, injectable, LAYER_UPLOADS, STATED_SIZES } from '../../di.ts';
import type { Digest } from '../../digest/digest.ts';
import type { CallOptions } from '../../driver/index.ts';
import type { Descriptor } from '../../model/descriptor.ts';
import { RegistryError } from '../../model/errors.ts';
import { OCTET_STREAM } from '../../model/media-types.ts';
import type { RepositoryName, UploadId } from '../../model/reference.ts';
import type { UploadState } from '../../model/upload-state.ts';
import type { StoredBlob } from '../../ports/descriptor-cache.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { Layer } from './layer.ts';
import type { LayerUpload } from './layer-upload.ts';
import type { LayerUploads, UploadOptions } from './layer-uploads.ts';
import type { PublishedUpload } from './published-upload.ts';
import type { StatedSizes } from './stated-sizes.ts';

/**
 * The blobs of repositories: finding, reading, uploading, mounting, deleting. A blob that a disk has cut short is absent
 * where a manifest of its repository states its size.
 */
@injectable()
export class LayerService {
  readonly #blobs: BlobStore;
  readonly #uploads: LayerUploads;
  readonly #sizes: StatedSizes;

  constructor(
    @inject(BLOB_STORE) blobs: BlobStore,
    @inject(LAYER_UPLOADS) uploads: LayerUploads,
    @inject(STATED_SIZES) sizes: StatedSizes,
  ) {
    this.#blobs = blobs;
    this.#uploads = uploads;
    this.#sizes = sizes;
  }

  /** The smallest chunk in bytes, but for the last, that clients should send; 0 for any. */
  get minChunkBytes(): number {
    return this.#uploads.minChunkBytes;
  }

  /**
   * Whether the repository has the blob. Two driver calls, or one where the descriptor cache knows it; those of
   * {@link StatedSizes} once a process and repository.
   */
  async exists(name: RepositoryName, digest: Digest, options?: CallOptions): Promise<boolean> {
    return (await this.#find(name, digest, options)) !== undefined;
  }

  /**
   * The blob's descriptor. As many driver calls as {@link exists}.
   * @throws RegistryError `BLOB_UNKNOWN` when the repository does not have it
   */
  async stat(name: RepositoryName, digest: Digest, options?: CallOptions): Promise<Descriptor> {
    return (await this.fetch(name, digest, options)).descriptor;
  }

  /**
   * The read side of a blob. As many driver calls as {@link exists}; none for the bytes yet.
   * @throws RegistryError `BLOB_UNKNOWN`
   */
  async fetch(name: RepositoryName, digest: Digest, options?: CallOptions): Promise<Layer> {
    const found = await this.#find(name, digest, options);
    if (found === undefined) throw new RegistryError('BLOB_UNKNOWN', { digest });
    return new Layer(this.#blobs, { mediaType: OCTET_STREAM, digest, size: found.size }, found.digest);
  }

  /**
   * Begins an upload. Two driver calls.
   * @param options.algorithm the digest algorithm that the client will probably finish with
   * @param options.resumable whether the client learns how to go on with it; by default it does
   * @throws RegistryError `DIGEST_INVALID` when there is no such algorithm
   */
  upload(name: RepositoryName, options?: UploadOptions): Promise<LayerUpload> {
    return this.#uploads.begin(name, options);
  }

  /**
   * Goes on with an upload, also with one that another instance began. Two or three driver calls.
   * @param state.offset when given, how many bytes the caller thinks that the upload has
   * @throws RegistryError `BLOB_UPLOAD_UNKNOWN`
   * @throws UploadRangeError when the upload has another size, or when another request is writing to it
   */
  resume(name: RepositoryName, state: Parameters<LayerUploads['resume']>[1]): Promise<LayerUpload> {
    return this.#uploads.resume(name, state);
  }

  /**
   * Like {@link resume}, to finish the upload as `digest`. One that was finished before is finished once more: when the
   * repository has the blob, whatever has become of the upload, and when the server died between storing the blob and
   * giving it to the repository. Costs no further driver call where the upload can be resumed.
   */
  resumeToFinish(
    name: RepositoryName,
    upload: { readonly uuid: UploadId; readonly offset: number; readonly digest: Digest },
  ): Promise<LayerUpload | PublishedUpload> {
    return this.#uploads.resumeToFinish(name, upload);
  }

  /**
   * How far an upload is; also while it is being written.
   * @throws RegistryError `BLOB_UPLOAD_UNKNOWN`
   */
  status(name: RepositoryName, uuid: UploadId): Promise<UploadState> {
    return this.#uploads.status(name, uuid);
  }

  /**
   * Gives `name` a blob that `from` has, without moving bytes. At most four driver calls, and those of
   * {@link StatedSizes} once a process and repository.
   * @param from `*` stands for every repository: content that is stored at all will do, so that only those may ask
   * who may pull everything; where nobody knows how long it should be, it is read once
   * @returns its descriptor; `undefined` when `from` does not have it
   */
  async mount(name: RepositoryName, digest: Digest, from: RepositoryName | '*'): Promise<Descriptor | undefined> {
    const found = await (from === '*'
      ? this.#blobs.findAnywhere(digest)
      : this.#sizes.confirm(from, await this.#blobs.find(from, digest)));
    if (found === undefined) return undefined;
    await this.#blobs.link(name, digest, found.digest);
    // distribution looks for content under its own digest, too.
    if (found.digest !== digest) await this.#blobs.link(name, found.digest);
    return { mediaType: OCTET_STREAM, digest, size: found.size };
  }

  /**
   * Takes the blob from the repository; other repositories keep it. One driver call.
   * @throws RegistryError `BLOB_UNKNOWN`
   */
  async delete(name: RepositoryName, digest: Digest): Promise<void> {
    if (!(await this.#blobs.unlink(name, digest))) throw new RegistryError('BLOB_UNKNOWN', { digest });
  }

  async #find(name: RepositoryName, digest: Digest, options?: CallOptions): Promise<StoredBlob | undefined> {
    return this.#sizes.confirm(name, await this.#blobs.findKnown(name, digest, options));
  }
}
