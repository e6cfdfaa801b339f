import type { Check } from '../../check.ts';
import { BLOB_PUSHES } from './blobs.ts';
import { CHUNK_PUSHES } from './chunks.ts';
import { MANIFEST_FORMATS } from './formats.ts';
import { MANIFEST_PUSHES } from './manifests.ts';
import { MOUNTS } from './mounts.ts';
import { TAG_PARAMETERS } from './tag-parameters.ts';

export const PUSH_CHECKS: readonly Check[] = [
  ...BLOB_PUSHES,
  ...CHUNK_PUSHES,
  ...MOUNTS,
  ...MANIFEST_PUSHES,
  ...TAG_PARAMETERS,
  ...MANIFEST_FORMATS,
];
