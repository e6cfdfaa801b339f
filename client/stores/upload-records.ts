import type { Digest } from '../../core/digest/digest.ts';
import type { RepositoryName } from '../../core/model/reference.ts';
import type { UploadState } from '../../core/model/upload-state.ts';

/** Identifies an upload: a blob has at most one per repository. */
export interface UploadRecordKey {
  readonly host: string;
  readonly repository: RepositoryName;
  readonly digest: Digest;
}

/** The data to resume an upload: its state, and for a remote registry what it stated when the upload began. */
export interface RecordedUpload extends Omit<UploadState, 'name'> {
  /** The URL of the next request. */
  readonly location?: string | undefined;
  /** The smallest chunk that the registry accepts, in bytes; absent for any. */
  readonly minChunkBytes?: number | undefined;
}

/**
 * Uploads that have begun and are not finished. Records of other processes may appear and disappear at any time. A
 * record that was found or saved is owned by the finder until it is removed or released: two pushes must not continue
 * one upload.
 */
export interface UploadRecords {
  /** `undefined` also for a record that cannot be read or has another owner. */
  find(key: UploadRecordKey): Promise<RecordedUpload | undefined>;

  /** Replaces an earlier record of this upload. */
  save(key: UploadRecordKey, upload: RecordedUpload): Promise<void>;

  /** Releases the record, if there is one. */
  release(key: UploadRecordKey): Promise<void>;

  /** Removes the record of an upload, if there is one. */
  remove(key: UploadRecordKey): Promise<void>;
}

/** Records in memory, for one store: sharing the records shares the uploads. */
export class MemoryUploadRecords implements UploadRecords {
  readonly #uploads = new Map<string, RecordedUpload>();

  async find(key: UploadRecordKey): Promise<RecordedUpload | undefined> {
    return this.#uploads.get(recordName(key));
  }

  async save(key: UploadRecordKey, upload: RecordedUpload): Promise<void> {
    this.#uploads.set(recordName(key), upload);
  }

  async release(): Promise<void> {}

  async remove(key: UploadRecordKey): Promise<void> {
    this.#uploads.delete(recordName(key));
  }
}

/** A name that is unique to the key. */
export function recordName({ host, repository, digest }: UploadRecordKey): string {
  return `${host}/${repository}@${digest}`;
}
