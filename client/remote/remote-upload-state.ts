import type { UploadState } from '../../core/model/upload-state.ts';
import type { ResumedUpload } from '../../core/registry/layer-service.ts';

/** What resumes an upload to a remote registry, also in another process: plain data that survives JSON, but for the date. */
export interface RemoteUploadState extends UploadState {
  /** The URL that the registry gave for the next request, with every parameter. */
  readonly location: string;
}

/** An upload to a remote registry that is resumed. */
export interface ResumedRemoteUpload extends ResumedUpload {
  /** {@link RemoteUploadState.location}; without it the URL is composed, which many registries refuse. */
  readonly location?: string | undefined;
  /** The smallest chunk that the registry asked for when the upload began, in bytes: it says so only then. */
  readonly minChunkBytes?: number | undefined;
}
