import type { Check } from '../../check.ts';
import { CUTS } from './cuts.ts';
import { SESSIONS } from './sessions.ts';

export const RESUME_CHECKS: readonly Check[] = [...SESSIONS, ...CUTS];
