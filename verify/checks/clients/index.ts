import type { Check } from '../../check.ts';
import { CLIENT_ARTIFACTS } from './artifacts.ts';
import { CLIENT_TRANSFERS } from './transfers.ts';

export const CLIENT_CHECKS: readonly Check[] = [...CLIENT_TRANSFERS, ...CLIENT_ARTIFACTS];
