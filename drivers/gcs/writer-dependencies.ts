import type { Bucket } from './bucket.ts';
import type { BlockPool } from './byte-queue.ts';
import type { KeptUpload, UploadMarkers } from './upload-markers.ts';

/** All parts of a resumable upload except the last must be multiples of this size. */
export const UPLOAD_UNIT_BYTES = 256 * 1024;

/** The dependencies of a `GcsWriter`. */
export interface WriterDependencies {
  readonly bucket: Bucket;
  readonly markers: UploadMarkers;
  readonly pool: BlockPool;
  readonly key: string;
  /** The size of a part, in bytes. */
  readonly chunkBytes: number;
  /** The upload that the writer resumes; `undefined` to start over. */
  readonly begun?: KeptUpload | undefined;
  /** Whether it fails, instead of starting over, if it finds something that it did not begin. */
  readonly mustBeFirst?: boolean;
}
