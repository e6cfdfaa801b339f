import type { UploadState } from '../../core/model/upload-state.ts';
import type { ResumedUpload } from '../../core/registry/layer-service.ts';

/**
 * The state to resume an upload to a remote registry, even in another process: plain data that survives JSON, except
 * for the date.
 */
export interface RemoteUploadState extends UploadState {
  /** The URL that the registry returned for the next request, with every parameter. */
  readonly location: string;
}

/** An upload to a remote registry to resume. */
export interface ResumedRemoteUpload extends ResumedUpload {
  /** {@link RemoteUploadState.location}; without it the URL is constructed, which many registries reject. */
  readonly location?: string | undefined;
  /** The smallest chunk that the registry required when the upload began, in bytes: it states it only then. */
  readonly minChunkBytes?: number | undefined;
}
