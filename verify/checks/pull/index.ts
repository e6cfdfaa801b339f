import type { Check } from '../../check.ts';
import { BLOB_PULLS } from './blobs.ts';
import { MANIFEST_HEADS } from './manifest-heads.ts';
import { MANIFEST_PULLS } from './manifests.ts';

export const PULL_CHECKS: readonly Check[] = [...MANIFEST_PULLS, ...MANIFEST_HEADS, ...BLOB_PULLS];
