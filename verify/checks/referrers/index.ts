import type { Check } from '../../check.ts';
import { REFERRER_ENTRIES } from './entries.ts';
import { REFERRER_TAGS } from './fallback.ts';
import { REFERRER_FILTERS } from './filters.ts';
import { REFERRER_LISTS } from './lists.ts';

export const REFERRER_CHECKS: readonly Check[] = [
  ...REFERRER_LISTS,
  ...REFERRER_ENTRIES,
  ...REFERRER_FILTERS,
  ...REFERRER_TAGS,
];
