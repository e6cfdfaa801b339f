import type { Check } from '../../check.ts';
import { MANIFEST_LIMITS } from './manifests.ts';
import { NAME_LIMITS } from './names.ts';

export const LIMIT_CHECKS: readonly Check[] = [...NAME_LIMITS, ...MANIFEST_LIMITS];
