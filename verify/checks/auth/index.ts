import type { Check } from '../../check.ts';
import { CHALLENGES } from './challenges.ts';
import { REFUSALS } from './refusals.ts';

export const AUTH_CHECKS: readonly Check[] = [...CHALLENGES, ...REFUSALS];
