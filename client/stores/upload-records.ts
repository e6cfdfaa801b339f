import type { Digest } from '../../core/digest/digest.ts';
import type { RepositoryName } from '../../core/model/reference.ts';
import type { UploadState } from '../../core/model/upload-state.ts';

/** Which upload: there is at most one of a blob to a repository. */
export interface UploadRecordKey {
  readonly host: string;
  readonly repository: RepositoryName;
  readonly digest: Digest;
}

/** What resumes an upload: its state, and for a remote registry what that has said when it began. */
export interface RecordedUpload extends Omit<UploadState, 'name'> {
  /** The URL of the next request. */
  readonly location?: string | undefined;
  /** The smallest chunk that the registry takes, in bytes; absent for any. */
  readonly minChunkBytes?: number | undefined;
}

/**
 * Uploads that have begun and are not finished. Records of other processes may appear and disappear at any time. A record that
 * was found or saved belongs to the finder until it is removed or released: two pushes must not continue one upload.
 */
export interface UploadRecords {
  /** `undefined` also for a record that cannot be read, or belongs to another one. */
  find(key: UploadRecordKey): Promise<RecordedUpload | undefined>;

  /** Takes the place of an earlier record of this upload. */
  save(key: UploadRecordKey, upload: RecordedUpload): Promise<void>;

  /** Lets others have the record, if there is one. */
  release(key: UploadRecordKey): Promise<void>;

  /** Forgets an upload, if there is a record of it. */
  remove(key: UploadRecordKey): Promise<void>;
}

/** Records that end with the process, for one store: whoever shares them shares its uploads. */
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

/** A text that differs for different keys. */
export function recordName({ host, repository, digest }: UploadRecordKey): string {
  return `${host}/${repository}@${digest}`;
}
