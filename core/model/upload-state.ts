import { type ErrorDetail, RegistryError } from './errors.ts';
import type { RepositoryName, UploadId } from './reference.ts';

/** What an upload token says. */
export interface UploadState {
  readonly name: RepositoryName;
  readonly uuid: UploadId;
  /** Bytes that the upload had when the token was issued. */
  readonly offset: number;
  readonly startedAt: Date;
  /** The digest algorithm that the client announced, if it is not the default. */
  readonly algorithm?: string | undefined;
}

/** A chunk does not continue an upload; `state` is how far the upload really is. */
export class UploadRangeError extends RegistryError {
  readonly state: UploadState;

  constructor(state: UploadState, detail: ErrorDetail, options?: ErrorOptions) {
    super('RANGE_INVALID', { ...detail, size: state.offset }, options);
    this.state = state;
  }
}
