import { SCHEMA_1_SIGNED_MANIFEST } from '../../model/media-types.ts';
import type { ManifestFormat } from '../manifest-format.ts';
import { SCHEMA_1_CONTENT } from './schema-1.ts';

export const signedSchema1 = {
  mediaType: SCHEMA_1_SIGNED_MANIFEST,
  schemaVersion: 1,
  isPushable: false,
  content: SCHEMA_1_CONTENT,
  likeness: ({ signatures }) => (signatures === undefined ? 0 : 1),
  marks: ['signatures'],
} as const satisfies ManifestFormat;
