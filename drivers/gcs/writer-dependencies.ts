import type { Bucket } from './bucket.ts';
import type { BlockPool } from './byte-queue.ts';
import type { KeptUpload, UploadMarkers } from './upload-markers.ts';

/** All parts of a resumable upload except the last must be multiples of this size. */
export const UPLOAD_UNIT_BYTES = 256 * 1024;

/** What a `GcsWriter` works with. */
export interface WriterDependencies {
  readonly bucket: Bucket;
  readonly markers: UploadMarkers;
  readonly pool: BlockPool;
  readonly key: string;
  /** How many buffered bytes are sent as a part. */
  readonly chunkBytes: number;
  /** The upload that the writer resumes; `undefined` to start over. */
  readonly begun?: KeptUpload | undefined;
  /** Whether it fails when something is there that it did not begin, instead of starting over. */
  readonly mustBeFirst?: boolean;
}
