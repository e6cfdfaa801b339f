import type { Recording } from '../storage/pull-store.ts';

/** A longer pause without a sign of a process that records is no stop of the registry: pulls may have gone unrecorded. */
const MAX_PAUSE_MS = 24 * 3_600_000;

/** Whether pulls are recorded at this time; one with a sign that is far in the future, by a wrong clock, is not. */
export function isUnderWay(recording: Recording | undefined, nowMs: number): recording is Recording {
  return recording !== undefined && Math.abs(nowMs - recording.untilMs) <= MAX_PAUSE_MS;
}
