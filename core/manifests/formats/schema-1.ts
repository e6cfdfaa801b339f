import { SCHEMA_1_MANIFEST } from '../../model/media-types.ts';
import type { ContentField, ManifestFormat } from '../manifest-format.ts';

/** Sums of blobs, without types and sizes. */
export const SCHEMA_1_CONTENT: readonly ContentField[] = [{ name: 'fsLayers', holds: 'unread', role: 'blob' }];

/** Docker's first schema, in the form in which distribution 2 keeps it. */
export const schema1 = {
  mediaType: SCHEMA_1_MANIFEST,
  schemaVersion: 1,
  isPushable: false,
  content: SCHEMA_1_CONTENT,
  likeness: () => 0,
} as const satisfies ManifestFormat;
