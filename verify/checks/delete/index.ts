import type { Check } from '../../check.ts';
import { BLOB_DELETIONS } from './blobs.ts';
import { MANIFEST_DELETIONS } from './manifests.ts';

export const DELETE_CHECKS: readonly Check[] = [...MANIFEST_DELETIONS, ...BLOB_DELETIONS];
