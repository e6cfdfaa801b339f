import type { Check } from '../../check.ts';
import { TAG_PAGES } from './pages.ts';
import { TAG_LISTS } from './tags.ts';

export const DISCOVERY_CHECKS: readonly Check[] = [...TAG_LISTS, ...TAG_PAGES];
