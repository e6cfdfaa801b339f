import { type ErrorDetail, RegistryError } from './errors.ts';
import type { RepositoryName, UploadId } from './reference.ts';

/** The state of an upload that its token carries. */
export interface UploadState {
  readonly name: RepositoryName;
  readonly uuid: UploadId;
  /** The size of the upload, in bytes, when the token was issued. */
  readonly offset: number;
  readonly startedAt: Date;
  /** The digest algorithm that the client announced, if it is not the default. */
  readonly algorithm?: string | undefined;
}

/** A chunk does not begin where the upload ends; `state` is the actual state of the upload. */
export class UploadRangeError extends RegistryError {
  readonly state: UploadState;

  constructor(state: UploadState, detail: ErrorDetail, options?: ErrorOptions) {
    super('RANGE_INVALID', { ...detail, size: state.offset }, options);
    this.state = state;
  }
}
