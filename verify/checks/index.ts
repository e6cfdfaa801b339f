import { type Check, GROUPS } from '../check.ts';
import { PULL_CHECKS } from './pull/index.ts';

/** All checks, in the order in which they run. */
export const CHECKS: readonly Check[] = [...PULL_CHECKS].sort(
  (one, other) => GROUPS.indexOf(one.group) - GROUPS.indexOf(other.group),
);
