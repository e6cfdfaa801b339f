import { type Check, GROUPS } from '../check.ts';
import { AUTH_CHECKS } from './auth/index.ts';
import { CLIENT_CHECKS } from './clients/index.ts';
import { CONCURRENCY_CHECKS } from './concurrency/index.ts';
import { DELETE_CHECKS } from './delete/index.ts';
import { DISCOVERY_CHECKS } from './discovery/index.ts';
import { ERROR_CHECKS } from './errors/index.ts';
import { LIMIT_CHECKS } from './limits/index.ts';
import { PULL_CHECKS } from './pull/index.ts';
import { PUSH_CHECKS } from './push/index.ts';
import { RANGE_CHECKS } from './ranges/index.ts';
import { REFERRER_CHECKS } from './referrers/index.ts';
import { RESUME_CHECKS } from './resume/index.ts';

/** All checks, in the order in which they run. */
export const CHECKS: readonly Check[] = [
  ...PULL_CHECKS,
  ...PUSH_CHECKS,
  ...RANGE_CHECKS,
  ...ERROR_CHECKS,
  ...DISCOVERY_CHECKS,
  ...REFERRER_CHECKS,
  ...DELETE_CHECKS,
  ...RESUME_CHECKS,
  ...CONCURRENCY_CHECKS,
  ...LIMIT_CHECKS,
  ...AUTH_CHECKS,
  ...CLIENT_CHECKS,
].sort((one, other) => GROUPS.indexOf(one.group) - GROUPS.indexOf(other.group));
