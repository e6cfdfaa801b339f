import { inject, injectable } from '../../di.ts';
import type { Digest } from '../../digest/digest.ts';
import type { Descriptor } from '../../model/descriptor.ts';
import { RegistryError } from '../../model/errors.ts';
import { OCTET_STREAM } from '../../model/media-types.ts';
import type { RepositoryName } from '../../model/reference.ts';
import type { UploadState } from '../../model/upload-state.ts';
import type { StoredBlob } from '../../ports/descriptor-cache.ts';
import { BlobStore } from '../../storage/blob-store.ts';
import { LookupMoment } from '../../storage/collection/lookup-moment.ts';
import type { CallContext } from '../call-context.ts';
import type { Layer } from '../layer.ts';
import type { FinishedUpload, LayerService, ResumedUpload, StatedUpload, UploadOptions } from '../layer-service.ts';
import type { LayerUpload } from '../layer-upload.ts';
import { LocalLayer } from './layer.ts';
import { LayerUploads } from './layer-uploads.ts';
import { StatedSizes } from './stated-sizes.ts';

/**
 * The blobs in a storage. A blob that a disk has truncated counts as absent if a manifest of its repository states its
 * size.
 */
@injectable()
export class LocalLayerService implements LayerService {
  readonly #blobs: BlobStore;
  readonly #uploads: LayerUploads;
  readonly #sizes: StatedSizes;

  constructor(
    @inject(BlobStore) blobs: BlobStore,
    @inject(LayerUploads) uploads: LayerUploads,
    @inject(StatedSizes) sizes: StatedSizes,
  ) {
    this.#blobs = blobs;
    this.#uploads = uploads;
    this.#sizes = sizes;
  }

  get minChunkBytes(): number {
    return this.#uploads.minChunkBytes;
  }

  /**
   * Two driver calls, or one if the descriptor cache has the blob; additionally those of {@link StatedSizes}, once per
   * process and repository.
   */
  async exists(name: RepositoryName, digest: Digest, context?: CallContext): Promise<boolean> {
    return (await this.#find(name, digest, context)) !== undefined;
  }

  /** As many driver calls as {@link exists}. */
  async stat(name: RepositoryName, digest: Digest, context?: CallContext): Promise<Descriptor> {
    return (await this.fetch(name, digest, context)).descriptor;
  }

  /** As many driver calls as {@link exists}; the bytes are not read yet. */
  async fetch(name: RepositoryName, digest: Digest, context?: CallContext): Promise<Layer> {
    const found = await this.#find(name, digest, context);
    if (found === undefined) throw new RegistryError('BLOB_UNKNOWN', { digest });
    return new LocalLayer(this.#blobs, { mediaType: OCTET_STREAM, digest, size: found.size }, found.digest);
  }

  /** No driver call. */
  upload(name: RepositoryName, options?: UploadOptions): Promise<LayerUpload> {
    return this.#uploads.begin(name, options);
  }

  /** Two or three driver calls; one for an upload that is not stored yet. */
  resume(name: RepositoryName, upload: ResumedUpload): Promise<LayerUpload> {
    return this.#uploads.resume(name, upload);
  }

  /** Costs no more driver calls than {@link resume} if the upload can be resumed. */
  resumeToFinish(name: RepositoryName, upload: FinishedUpload): Promise<LayerUpload> {
    return this.#uploads.resumeToFinish(name, upload);
  }

  status(name: RepositoryName, upload: StatedUpload, context?: CallContext): Promise<UploadState> {
    return this.#uploads.status(name, upload, context);
  }

  /**
   * At most four driver calls; additionally those of {@link StatedSizes}, once per process and repository. From `*`,
   * content of unknown size is read once.
   */
  async mount(name: RepositoryName, digest: Digest, from: RepositoryName | '*'): Promise<Descriptor | undefined> {
    const moment = new LookupMoment();
    const found = await (from === '*'
      ? this.#blobs.findAnywhere(digest)
      : this.#sizes.confirm(from, await this.#blobs.find(from, digest)));
    if (found === undefined) return undefined;
    const remember = await this.#blobs.link(name, digest, found.digest);
    if (moment.isLate && (await this.#blobs.size(found.digest)) === undefined) return undefined;
    remember(found.size);
    // distribution also looks content up under its own digest.
    if (found.digest !== digest) await this.#blobs.link(name, found.digest);
    return { mediaType: OCTET_STREAM, digest, size: found.size };
  }

  /** One driver call. */
  async delete(name: RepositoryName, digest: Digest): Promise<void> {
    await this.#blobs.collections.requireUnchanging(name);
    if (!(await this.#blobs.unlink(name, digest))) throw new RegistryError('BLOB_UNKNOWN', { digest });
    // A rename that was announced meanwhile may have copied the link.
    await this.#blobs.collections.requireUnchanging(name);
  }

  async #find(name: RepositoryName, digest: Digest, context?: CallContext): Promise<StoredBlob | undefined> {
    return this.#sizes.confirm(name, await this.#blobs.findKnown(name, digest, { signal: context?.signal }));
  }
}
