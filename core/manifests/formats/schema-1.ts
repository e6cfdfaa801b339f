import { SCHEMA_1_MANIFEST } from '../../model/media-types.ts';
import type { ContentField, ManifestFormat } from '../manifest-format.ts';

/** The digests of blobs, without types and sizes. */
export const SCHEMA_1_CONTENT: readonly ContentField[] = [{ name: 'fsLayers', holds: 'sums', role: 'blob' }];

/** Docker's first schema, as distribution 2 stores it. */
export const schema1 = {
  mediaType: SCHEMA_1_MANIFEST,
  schemaVersion: 1,
  isPushable: false,
  content: SCHEMA_1_CONTENT,
  likeness: () => 0,
} as const satisfies ManifestFormat;
