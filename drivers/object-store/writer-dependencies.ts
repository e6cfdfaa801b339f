import type { BlockPool } from './byte-queue.ts';
import type { ObjectStore } from './object-store.ts';
import type { KeptUpload, UploadMarkers } from './upload-markers.ts';

/** The dependencies of a `ObjectWriter`. */
export interface WriterDependencies {
  readonly store: ObjectStore;
  readonly markers: UploadMarkers;
  readonly pool: BlockPool;
  readonly key: string;
  /** The upload that the writer resumes; `undefined` to start over. */
  readonly begun?: KeptUpload | undefined;
  /** Whether it fails, instead of starting over, if it finds something that it did not begin. */
  readonly mustBeFirst?: boolean;
}
