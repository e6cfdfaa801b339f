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
  /** Whether another request can resume the upload, as by default; otherwise it is removed unless it is finished. */
  readonly resumable?: boolean;
}

/** An upload as its token describes it. */
export interface StatedUpload {
  readonly uuid: UploadId;
  /**
   * When it began, if its token says that it has no bytes. Nothing is stored of such an upload, so that its token is all
   * that is known of it. Without this, only an upload with stored bytes is found.
   */
  readonly begunAt?: Date | undefined;
}

/** An upload that is resumed. */
export interface ResumedUpload extends StatedUpload {
  /** How many bytes the caller thinks that the upload has; unless given, any number is right. */
  readonly offset?: number | undefined;
  /** The digest algorithm that the client will probably finish with. */
  readonly algorithm?: string | undefined;
}

/** An upload that is resumed to be finished. */
export interface FinishedUpload extends StatedUpload {
  /** How many bytes the caller thinks that the upload has. */
  readonly offset: number;
  /** What it will be finished as. */
  readonly digest: Digest;
}

/** The blobs of repositories: finding, reading, uploading, mounting, deleting. */
export interface LayerService {
  /** The smallest chunk in bytes, but for the last, that clients should send; 0 for any. */
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
   * Resumes an upload, also one that another instance began.
   * @throws RegistryError `BLOB_UPLOAD_UNKNOWN`
   * @throws UploadRangeError when the upload has another size, or when another request is writing to it
   */
  resume(name: RepositoryName, upload: ResumedUpload, context?: CallContext): Promise<LayerUpload>;

  /**
   * Like {@link resume}, to finish the upload. One that was finished before is finished once more: when the repository has
   * the blob, whatever has become of the upload, and when the server died between storing the blob and giving it to the
   * repository.
   */
  resumeToFinish(name: RepositoryName, upload: FinishedUpload, context?: CallContext): Promise<LayerUpload>;

  /**
   * How far an upload is; also while it is being written.
   * @throws RegistryError `BLOB_UPLOAD_UNKNOWN`
   */
  status(name: RepositoryName, upload: StatedUpload, context?: CallContext): Promise<UploadState>;

  /**
   * Gives `name` a blob that `from` has, without moving bytes.
   * @param from `*` stands for any repository: the blob may belong to whichever has it, so only callers that may pull
   * everything may ask for it
   * @returns its descriptor; `undefined` when `from` does not have it or does not give it away
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
