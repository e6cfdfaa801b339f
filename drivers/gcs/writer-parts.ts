import type { Bucket } from './bucket.ts';
import type { BlockPool } from './byte-queue.ts';
import type { KeptUpload, UploadMarkers } from './upload-markers.ts';

/** A resumable upload takes its parts, but for the last, in multiples of this. */
export const UPLOAD_UNIT_BYTES = 256 * 1024;

/** What a writer is made of. */
export interface WriterDependencies {
  readonly bucket: Bucket;
  readonly markers: UploadMarkers;
  readonly pool: BlockPool;
  readonly key: string;
  /** With so many bytes a part is sent. */
  readonly chunkBytes: number;
  /** What the writer goes on with; nothing to start over. */
  readonly begun?: KeptUpload | undefined;
}
