import { Moment } from '../../async/moment.ts';

/** In milliseconds. A request that takes longer between looking content up and linking it looks it up again. */
export const MAX_LOOKUP_AGE_MS = 10_000;

/** When content was looked up. */
export class LookupMoment extends Moment {
  /** Whether so much time has passed that a garbage collection may have removed what was found. */
  get isLate(): boolean {
    return this.ageMs > MAX_LOOKUP_AGE_MS;
  }
}
