import type { Digest } from '../digest/digest.ts';
import type { Descriptor } from '../model/descriptor.ts';
import type { RepositoryName, UploadId } from '../model/reference.ts';
import type { UploadState } from '../model/upload-state.ts';
import type { CallContext } from './call-context.ts';
import type { Layer } from './layer.ts';
import type { LayerUpload } from './layer-upload.ts';

/** How an upload begins. */
export interface UploadOptions {
  /** The digest algorithm that the client will probably finish with. */
  readonly algorithm?: string | undefined;
  /** Whether another request can resume the upload; otherwise it is removed unless it is finished. Default: `true`. */
  readonly resumable?: boolean;
}

/** An upload as its token describes it. */
export interface StatedUpload {
  readonly uuid: UploadId;
  /**
   * When the upload began, if its token says that it has no bytes. Nothing of such an upload is stored, so its token is
   * the only record of it. Without this, only an upload with stored bytes is found.
   */
  readonly begunAt?: Date | undefined;
}

/** An upload that is resumed. */
export interface ResumedUpload extends StatedUpload {
  /** The size of the upload in bytes, as the caller believes; unless given, any size is accepted. */
  readonly offset?: number | undefined;
  /** The digest algorithm that the client will probably finish with. */
  readonly algorithm?: string | undefined;
}

/** An upload that is resumed to be finished. */
export interface FinishedUpload extends StatedUpload {
  /** The size of the upload in bytes, as the caller believes. */
  readonly offset: number;
  /** The digest that the finished blob must have. */
  readonly digest: Digest;
}

/** The blobs of repositories: finding, reading, uploading, mounting, deleting. */
export interface LayerService {
  /** The smallest chunk that clients should send, in bytes; the last may be smaller. 0 means no minimum. */
  readonly minChunkBytes: number;

  /** Whether the repository has the blob. */
  exists(name: RepositoryName, digest: Digest, context?: CallContext): Promise<boolean>;

  /**
   * The blob's descriptor.
   * @throws RegistryError `BLOB_UNKNOWN` when the repository does not have it
   */
  stat(name: RepositoryName, digest: Digest, context?: CallContext): Promise<Descriptor>;

  /**
   * The read side of a blob; no bytes are read yet.
   * @throws RegistryError `BLOB_UNKNOWN`
   */
  fetch(name: RepositoryName, digest: Digest, context?: CallContext): Promise<Layer>;

  /**
   * Begins an upload. Nothing is stored before its first byte.
   * @throws RegistryError `DIGEST_INVALID` when there is no such algorithm
   */
  upload(name: RepositoryName, options?: UploadOptions, context?: CallContext): Promise<LayerUpload>;

  /**
   * Resumes an upload, even if another instance began it.
   * @throws RegistryError `BLOB_UPLOAD_UNKNOWN`
   * @throws UploadRangeError when the upload has another size, or when another request is writing to it
   */
  resume(name: RepositoryName, upload: ResumedUpload, context?: CallContext): Promise<LayerUpload>;

  /**
   * Like {@link resume}, to finish the upload. An upload that was already finished can be finished again: if the
   * repository has the blob, regardless of the upload's state, and if the server died between storing the blob and
   * linking it into the repository.
   */
  resumeToFinish(name: RepositoryName, upload: FinishedUpload, context?: CallContext): Promise<LayerUpload>;

  /**
   * The progress of an upload, even while it is being written.
   * @throws RegistryError `BLOB_UPLOAD_UNKNOWN`
   */
  status(name: RepositoryName, upload: StatedUpload, context?: CallContext): Promise<UploadState>;

  /**
   * Links a blob of `from` into `name`, without moving bytes.
   * @param from `*` stands for any repository: the blob may come from any repository that has it, so only callers that
   * may pull everything may use it
   * @returns its descriptor; `undefined` when `from` does not have it or does not allow the mount
   */
  mount(
    name: RepositoryName,
    digest: Digest,
    from: RepositoryName | '*',
    context?: CallContext,
  ): Promise<Descriptor | undefined>;

  /**
   * Removes the blob from the repository; other repositories keep it.
   * @throws RegistryError `BLOB_UNKNOWN`
   */
  delete(name: RepositoryName, digest: Digest, context?: CallContext): Promise<void>;
}
