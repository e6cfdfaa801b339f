import type { Check } from '../../check.ts';
import { CONDITIONS } from './conditions.ts';
import { RANGES } from './ranges.ts';

export const RANGE_CHECKS: readonly Check[] = [...RANGES, ...CONDITIONS];
