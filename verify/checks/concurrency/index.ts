import type { Check } from '../../check.ts';
import { BLOBS_AT_ONCE } from './blobs.ts';
import { TAGS_AT_ONCE } from './manifests.ts';

export const CONCURRENCY_CHECKS: readonly Check[] = [...BLOBS_AT_ONCE, ...TAGS_AT_ONCE];
